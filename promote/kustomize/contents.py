"""What the YAML of a kustomization or a plugin says, without omissions: merged keys, aliases, lists of objects."""

from __future__ import annotations

from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from promote.yamltext import places, reader

_MERGE = "<<"


def roots(text: str, where: str) -> list[Node]:
    """The documents of `text`; raises RenderError for what cannot be read, which could hide anything."""
    found = reader.roots(text)
    if not found:
        for _ in reader.load_all(text, where):
            pass
    return list(found)


def objects(text: str, where: str) -> Iterator[Node]:
    """The objects of `text`, `List` kinds unfolded."""
    waiting, seen = roots(text, where), set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) not in seen:
            seen.add(id(one))
            items = places.items(one, "items") if places.text(one, "kind").endswith("List") else ()
            waiting += items
            if not items:
                yield one


def pairs(node: Node) -> Iterator[tuple[Node, Node]]:
    """Keys and values of a mapping, with those that it merges."""
    waiting, seen = [node], {id(node)}
    while waiting:
        for key, value in waiting.pop().value:
            merged = value.value if isinstance(value, SequenceNode) else [value]
            if isinstance(key, ScalarNode) and key.value == _MERGE:
                more = [one for one in merged if isinstance(one, MappingNode) and id(one) not in seen]
                seen.update(map(id, more))
                waiting += more
            else:
                yield key, value


def scalars(node: Node, harmless: set[str] | frozenset[str]) -> Iterator[ScalarNode]:
    """Every text below `node` except in `harmless` fields of the first mappings; each node of an alias once."""
    waiting: list[tuple[Node, bool]] = [(node, True)]
    seen: set[int] = set()
    while waiting:
        one, outer = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, ScalarNode):
            yield one
        elif isinstance(one, SequenceNode):
            waiting += [(each, outer) for each in one.value]
        else:
            kept = [(k, v) for k, v in one.value if not (outer and str(k.value).casefold() in harmless)]
            waiting += [(each, False) for pair in kept for each in pair[isinstance(pair[0], ScalarNode) :]]


def mappings(node: Node) -> Iterator[MappingNode]:
    """Every mapping at or below `node`."""
    waiting, seen = [node], {id(node)}
    while waiting:
        one = waiting.pop()
        if isinstance(one, MappingNode):
            yield one
        below = [part for pair in one.value for part in pair] if isinstance(one, MappingNode) else one.value
        more = [each for each in below if isinstance(each, Node) and id(each) not in seen]
        seen.update(map(id, more))
        waiting += more
