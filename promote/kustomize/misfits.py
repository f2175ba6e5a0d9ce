"""Finds the fields of kustomizations that kustomize does not know, and values that are not what it expects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from promote.errors import nearest
from promote.kustomize.fields import KNOWN
from promote.yamltext import places
from promote.yamltext.scalars import STRING

_OTHER_TYPE = re.compile(r"cannot unmarshal (\w+) into (?:Go struct field )?([\w.]+) of type (\S+?)\"?$")
_CALLED = {
    "string": "a text", "number": "a number", "bool": "true or false", "object": "a mapping", "array": "a list"
}  # fmt: skip
_TYPES = {
    "string": "string",
    "types.PatchStrategicMerge": "string",
    "bool": "bool",
    "int": "number",
    "int64": "number",
}
_Misfit = tuple[Path, int, str]  # the file, the line, and the problem
Layers = Sequence[tuple[Path, Node]]


def found(layers: Layers, configurations: Layers, reason: str) -> Iterator[_Misfit]:
    """What kustomize, which gave this `reason`, does not take in `layers` and files of `configurations`."""
    if match := re.search(r'unknown field "([^"]+)"', reason):
        yield from _unknown(layers, configurations, match[1])
    if match := _OTHER_TYPE.search(reason):
        yield from _of_other_type(layers, match[1], match[2], match[3])


def close(name: str, known: Iterable[str]) -> str:
    """The end of a message that suggests the name that was meant instead of `name`, if one is close."""
    said = nearest(name, known)
    return said if "did you mean" in said else ""


def _unknown(layers: Layers, configurations: Layers, name: str) -> Iterator[_Misfit]:
    for file, root in configurations:
        for key in [key for key, _ in _keys(root) if key.value == name]:
            yield file, key.start_mark.line + 1, f"a file of `configurations` has no field '{name}'"
    for file, root in layers:
        for key, top in _keys(root):
            if key.value == name and not (top and name in KNOWN):
                near = close(name, KNOWN) if top else ""
                yield file, key.start_mark.line + 1, f"unknown field '{name}'{near}"


def _keys(node: Node, top: bool = True) -> Iterator[tuple[ScalarNode, bool]]:
    for child in node.value if isinstance(node, MappingNode | SequenceNode) else ():
        if isinstance(child, tuple):
            yield child[0], top
            yield from _keys(child[1], False)
        else:
            yield from _keys(child, False)


def _of_other_type(layers: Layers, given: str, field: str, wanted: str) -> Iterator[_Misfit]:
    """The values of `field`, or in it, that are `given` where kustomize wants one that Go calls `wanted`."""
    keys = [part for part in field.split(".") if part[:1].islower()]  # others are names of Go's types
    wants = _TYPES.get(wanted, "array" if wanted.startswith("[]") else "object")
    for file, root in layers:
        for node in _values(root, keys):
            if _type(node) == given:
                hint = _hint(keys, node, given, wants)
                problem = f"`{'.'.join(keys)}` has {_CALLED.get(given, given)}, but it takes {_CALLED[wants]}{hint}"
                yield file, node.start_mark.line + 1, problem


def _values(root: Node, keys: Sequence[str]) -> list[Node]:
    """What is at `keys`, through lists, and what is in it."""
    here = [root]
    for key in keys:
        each = [one for node in here for one in (node.value if isinstance(node, SequenceNode) else [node])]
        here = [value for node in each if (value := places.field(node, key))]
    inside = [
        item[1] if isinstance(item, tuple) else item for node in here if not isinstance(node, ScalarNode)
        for item in node.value
    ]  # fmt: skip
    return [*here, *inside]


def _type(node: Node) -> str:
    """What Go calls the type of a value in JSON."""
    if isinstance(node, ScalarNode):
        kind = node.tag.rpartition(":")[2]
        return "string" if node.tag == STRING else {"int": "number", "float": "number"}.get(kind, kind)
    return "object" if isinstance(node, MappingNode) else "array"


def _hint(keys: Sequence[str], node: Node, given: str, wants: str) -> str:
    if given == "string" and list(keys) == ["patches"]:
        is_block = isinstance(node, ScalarNode) and node.style in ("|", ">")
        return ": write it below `patch:`" if is_block else f": write `path: {node.value}`"
    if wants == "string" and given in ("number", "bool"):
        return ": put it in quotes"
    return ": write '- ' before each item" if wants == "array" else ""
