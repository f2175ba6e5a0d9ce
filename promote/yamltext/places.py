"""Follows a JSON pointer of a rendered object into the YAML source of that object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_NULLS = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True)
class Place:
    """How far a pointer could be followed: `depth` steps, `whole` if these are all steps, to `line` (from 1).

    `same` is true if the value there is the rendered one. `first` is the line on which a block scalar's text starts.
    """

    line: int
    depth: int
    whole: bool = False
    same: bool = False
    first: int = 0


def field(node: Node | None, key: str) -> Node | None:
    """The value of `key` in the mapping `node`, without merge keys; None if it has no such key."""
    pairs = node.value if isinstance(node, MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def text(node: Node | None, key: str) -> str:
    """The scalar text of `key` in the mapping `node`, or an empty string."""
    value = field(node, key)
    return str(value.value) if isinstance(value, ScalarNode) else ""


def items(node: Node | None, key: str) -> Sequence[Node]:
    """The items of the list at `key` in the mapping `node`."""
    value = field(node, key)
    return value.value if isinstance(value, SequenceNode) else ()


def key_line(node: Node, key: str) -> int:
    """The line, from 1, of the key `key` in the mapping `node`, or of `node` itself where it lacks that key."""
    pairs = node.value if isinstance(node, MappingNode) else ()
    return next((int(name.start_mark.line) for name, _ in pairs if name.value == key), int(node.start_mark.line)) + 1


def parts(pointer: str) -> list[str]:
    """The steps of a JSON pointer."""
    # Imported here: only findings have pointers. Its JsonPointer refuses paths that a wrong patch may have.
    from jsonpointer import unescape

    return [unescape(part) for part in pointer.split("/")[1:]]


def value_at(content: Any, steps: Sequence[str]) -> Any:
    """The value at the end of `steps` in `content`, or None."""
    for step in steps:
        content = _child(content, step)
    return content


def named(content: Any, steps: Sequence[str]) -> str:
    """The steps as a path that shows list items by name, if they have one."""
    words = []
    for step in steps:
        item = _child(content, step)
        name = item.get("name") if isinstance(content, list) and isinstance(item, Mapping) else None
        words.append(f"[{name}]" if name else step)
        content = item
    return "".join(f"/{word}" for word in words)


def outside(content: Any, steps: Sequence[str]) -> int:
    """How many of the `steps` lead to a string in `content`; the others lead into the YAML inside that string."""
    for depth, step in enumerate(steps):
        if isinstance(content, str):
            return depth
        content = _child(content, step)
    return len(steps)


def follow(node: Node, content: Any, steps: Sequence[str]) -> Place:
    """The place in `node` of the value that `steps` lead to in the rendered `content`.

    List items are matched by name, because rendering changes their positions.
    """
    line = node.start_mark.line + 1
    for depth, step in enumerate(steps):
        found = _step(node, content, step)
        if found is None:
            return Place(line, depth)
        key, node = found
        line, content = key.start_mark.line + 1, _child(content, step)
    first = node.start_mark.line + 2 if isinstance(node, ScalarNode) and node.style == "|" else 0
    return Place(line, len(steps), True, says(node, content), first)


def trail(node: Node, content: Any, steps: Sequence[str]) -> list[tuple[str | int, Node]]:
    """The nodes along `steps`, as far as `node` itself has them, each with its key or position there.

    Merge keys are not followed: what they merge is written elsewhere.
    """
    found: list[tuple[str | int, Node]] = []
    for step in steps:
        below: Node | None = None
        here: str | int = step
        if isinstance(node, MappingNode):
            below = field(node, step)
        elif isinstance(node, SequenceNode) and step.isdecimal():
            below = _item(node.value, content, int(step))
            here = next((number for number, one in enumerate(node.value) if one is below), 0)
        if below is None:
            break
        found.append((here, below))
        node, content = below, _child(content, step)
    return found


def says(node: Node, content: Any) -> bool:
    """Whether the YAML `node` has the value `content`."""
    if isinstance(node, MappingNode):
        keys = {key.value: value for key, value in node.value}
        if not isinstance(content, Mapping) or keys.keys() != {str(key) for key in content}:
            return False
        return all(says(keys[str(key)], value) for key, value in content.items())
    if isinstance(node, SequenceNode):
        return isinstance(content, list) and len(content) == len(node.value) and all(map(says, node.value, content))
    if content is None:
        return node.value in _NULLS
    text = str(content).lower() if isinstance(content, bool) else str(content)
    return bool(node.value == text) and not isinstance(content, Mapping | list)


def _step(node: Node, content: Any, step: str) -> tuple[Node, Node] | None:
    """The node whose line to show, and the value node, one step down."""
    if isinstance(node, MappingNode):
        return _entry(node, step)
    if isinstance(node, SequenceNode) and step.isdecimal():
        item = _item(node.value, content, int(step))
        return None if item is None else (item, item)
    return None


def _entry(node: MappingNode, step: str) -> tuple[Node, Node] | None:
    pairs = [(key, value) for key, value in node.value if isinstance(key, ScalarNode)]
    for key, value in pairs:
        if key.value == step:
            return key, value
    merged = [value for key, value in pairs if key.value == "<<"]
    sources = [part for value in merged for part in (value.value if isinstance(value, SequenceNode) else [value])]
    found = (_entry(source, step) for source in sources if isinstance(source, MappingNode))
    return next(filter(None, found), None)


def _item(nodes: Sequence[Node], content: Any, index: int) -> Node | None:
    wanted = _child(content, str(index))
    if isinstance(wanted, Mapping) and "name" in wanted:
        return next((item for item in nodes if text(item, "name") == str(wanted["name"])), None)
    alike = [item for item in nodes if says(item, wanted)]
    if alike:
        return alike[0]
    # Unnamed items of lists that rendering has not changed keep their positions.
    unchanged = isinstance(content, list) and len(content) == len(nodes)
    return nodes[index] if unchanged and index < len(nodes) else None


def _child(content: Any, step: str) -> Any:
    if isinstance(content, Mapping):
        return content.get(step)
    if isinstance(content, list) and step.isdecimal() and int(step) < len(content):
        return content[int(step)]
    return None
