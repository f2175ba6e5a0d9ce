"""The line of a kustomization that lists `scale.yaml`: added and taken away without changing any other byte."""

from __future__ import annotations

from typing import Any

from yaml.nodes import MappingNode, Node, SequenceNode

from promote.errors import ConfigError, EditRefused
from promote.fix import edits
from promote.fix.edits import Edit, ValueChange
from promote.kustomize import documents
from promote.scaling.overrides import FILE_NAME
from promote.yamltext import places, reader

_KEY = "transformers"


def is_listed(data: bytes, source: str) -> bool:
    """Whether the kustomization `data` lists the file; raises ConfigError where it cannot be read."""
    return _position(_root(reader.decoded(data, source), source)) is not None


def listed(data: bytes, source: str) -> bytes:
    """The kustomization with the file as its last transformer; itself where it has it.

    Raises EditRefused where no edit does only that.
    """
    text = reader.decoded(data, source)
    root = _root(text, source)
    if _position(root) is not None:
        return data
    content = reader.value(root)
    there = places.field(root, _KEY)
    if isinstance(there, SequenceNode) and there.value:
        made = _appended(text, there)
    else:
        made = edits.edit(text, root, content, ValueChange((_KEY,), [FILE_NAME]))
    wanted = {**content, _KEY: [*(content.get(_KEY) or ()), FILE_NAME]}
    return reader.encoded(_proved(text, made, wanted, source), data)


def unlisted(data: bytes, source: str) -> bytes:
    """The kustomization without the file among its transformers; itself where it does not have it.

    Raises EditRefused where no edit does only that.
    """
    text = reader.decoded(data, source)
    root = _root(text, source)
    position = _position(root)
    if position is None:
        return data
    content, there = reader.value(root), places.field(root, _KEY)
    wanted = {**content, _KEY: [one for number, one in enumerate(content[_KEY]) if number != position]}
    if not wanted[_KEY]:
        del wanted[_KEY]
        made = edits.edit(text, root, content, ValueChange((_KEY,), None, remove=True))
    else:
        made = _removed(text, there, position)
    if not text.endswith("\n") and made.end == len(text):
        # The line break before it came with it.
        made = Edit(len(text[: made.start].rstrip("\r\n")), made.end, made.text)
    return reader.encoded(_proved(text, made, wanted, source), data)


def _root(text: str, source: str) -> MappingNode:
    root = next(iter(documents.nodes(text)), None)
    if not isinstance(root, MappingNode):
        raise ConfigError(f"{source}:1: this is not a kustomization: write 'key: value' lines")
    return root


def _position(root: Node) -> int | None:
    """The position of the file in the list."""
    names = [str(item.value) for item in places.items(root, _KEY)]
    return next((at for at, name in enumerate(names) if name.removeprefix("./") == FILE_NAME), None)


def _appended(text: str, there: SequenceNode) -> Edit:
    last = there.value[-1]
    if there.flow_style:
        return Edit(last.end_mark.index, last.end_mark.index, f", {FILE_NAME}")
    return edits.new_line(text, edits.end_of(last), " " * there.start_mark.column + f"- {FILE_NAME}")


def _removed(text: str, there: Any, position: int) -> Edit:
    item = there.value[position]
    if there.flow_style:
        if position:
            return Edit(there.value[position - 1].end_mark.index, item.end_mark.index, "")
        return Edit(item.start_mark.index, there.value[1].start_mark.index, "")
    start = text.rfind("\n", 0, item.start_mark.index) + 1
    end = text.find("\n", item.end_mark.index) + 1
    return Edit(start, end or len(text), "")


def _proved(text: str, made: Edit, wanted: Any, source: str) -> str:
    """The text after the edit; raises EditRefused where that changes anything other than the list."""
    after = made.applied(text)
    found = documents.nodes(after)
    if [reader.value(node) for node in found[:1]] != [wanted] or len(found) != len(documents.nodes(text)):
        raise EditRefused(
            f"{source}: no edit was found that changes only `{_KEY}`; write its list on lines of its own"
        )
    return after
