"""Edits of one value in the text of a YAML document that leave every other character unchanged.

They do not consider what the value means: the caller renders the result to prove what an edit does.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from promote.errors import EditRefused
from promote.kustomize import documents
from promote.yamltext import places, reader
from promote.yamltext.scalars import needs_quotes

_PLAIN = re.compile(r"[A-Za-z0-9/](?:[A-Za-z0-9_./-]*[A-Za-z0-9_/-])?")
_OTHER_BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Edit:
    """The characters of a text from `start` up to `end`, and the text that replaces them."""

    start: int
    end: int
    text: str

    def applied(self, text: str) -> str:
        """The text with the change in it."""
        return text[: self.start] + self.text + text[self.end :]


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A new value at the end of `steps` in a rendered object, or the removal of the value there."""

    steps: tuple[str, ...]
    value: Any
    remove: bool = False


def edit(text: str, root: Node, content: Any, wanted: ValueChange) -> Edit:
    """The edit of `text` that gives the object at `root`, rendered as `content`, what is wanted.

    Raises EditRefused if the value is not written here, is shared by an anchor, or cannot be edited safely.
    """
    if _OTHER_BREAKS.search(text):
        raise EditRefused("the file has line breaks other than LF and CRLF; replace them")
    trail = places.trail(root, content, wanted.steps)
    nodes = [root, *(node for _, node in trail)]
    _insist_on_own(root, nodes)
    rest = wanted.steps[len(trail) :]
    if wanted.remove:
        if rest:
            raise EditRefused("the value to remove is not written in this file")
        made = _removal(text, nodes[-2], nodes[-1])
    elif rest:
        made = _insertion(text, nodes[-1], rest, wanted.value)
    else:
        made = _replacement(text, nodes[-1], wanted.value)
    _insist_on_meaning(text, made.applied(text), root, [step for step, _ in trail], wanted)
    return made


def _insist_on_own(root: Node, nodes: Sequence[Node]) -> None:
    uses = Counter(id(node) for node in _all(root))
    if any(uses[id(node)] > 1 for node in nodes):
        raise EditRefused("a YAML anchor uses this value in other places too; write the value in each place")
    if any(places.field(node, "<<") for node in nodes):
        raise EditRefused("a merge key, `<<`, is part of this value; write the merged keys here instead")


def _all(node: Node) -> Iterator[Node]:
    yield node
    # A node with an alias is visited again, with everything in it.
    for child in node.value if isinstance(node, MappingNode | SequenceNode) else ():
        for one in child if isinstance(child, tuple) else (child,):
            yield from _all(one)


def _replacement(text: str, node: Node, value: Any) -> Edit:
    start, end = node.start_mark.index, node.end_mark.index
    if start == end:
        return Edit(start, end, f" {as_yaml(value)}")
    written = text[start:end]
    if _is_block(node) and isinstance(node, SequenceNode) and isinstance(value, list) and value:
        return _items(text, node, value)
    if _is_block(node) or "\n" in written or written[0] in "&!*":
        raise EditRefused("the value spans several lines, or has an anchor or tag; change it by hand")
    return Edit(start, end, as_yaml(value))


def _items(text: str, node: Node, values: Sequence[Any]) -> Edit:
    """New items for a list that has each item on its own line."""
    start, end = node.start_mark.index, end_of(node)
    if any(mark in text[start:end] for mark in "#&*!"):
        raise EditRefused("the list has comments, anchors or tags; change it by hand")
    before = ("\r\n" if "\r\n" in text else "\n") + " " * node.start_mark.column
    return Edit(start, end, before.join(f"- {as_yaml(one)}" for one in values))


def _is_block(node: Node) -> bool:
    if isinstance(node, ScalarNode):
        return node.style in ("|", ">")
    return isinstance(node, MappingNode | SequenceNode) and not node.flow_style


def _insertion(text: str, node: Node, rest: Sequence[str], value: Any) -> Edit:
    if any(step.isdecimal() for step in rest):
        raise EditRefused("the list that the value belongs to is not written in this file")
    for step in reversed(rest[1:]):
        value = {step: value}
    entry = f"{as_yaml(rest[0])}: {as_yaml(value)}"
    if isinstance(node, ScalarNode) and node.start_mark.index == node.end_mark.index:
        return Edit(node.start_mark.index, node.end_mark.index, f" {{{entry}}}")
    if not isinstance(node, MappingNode):
        raise EditRefused(
            "the value must be set in a mapping, but the file has another type there; change it by hand"
        )
    if node.flow_style:
        at = _last_end(node) if node.value else node.end_mark.index - 1
        return Edit(at, at, f", {entry}" if node.value else entry)
    return new_line(text, end_of(node), " " * node.value[0][0].start_mark.column + entry)


def new_line(text: str, after: int, line: str) -> Edit:
    """A new line after the line of the character before `after`, and after the comment at its end."""
    newline = "\r\n" if "\r\n" in text else "\n"
    if text[after - 1] == "\n":
        return Edit(after, after, line + newline)
    end = text.find("\n", after)
    if end < 0:
        return Edit(len(text), len(text), newline + line)
    return Edit(end + 1, end + 1, line + newline)


def end_of(node: Node) -> int:
    """The end of the content of `node`: the end mark of a block is after the comments and empty lines that follow."""
    if isinstance(node, ScalarNode) or not _is_block(node):
        return int(node.end_mark.index)
    return _last_end(node)


def _last_end(node: Node) -> int:
    last = node.value[-1]
    key, value = last if isinstance(last, tuple) else (last, last)
    if not node.start_mark.index <= key.start_mark.index <= value.start_mark.index <= node.end_mark.index:
        raise EditRefused("the value before it is an alias; replace the alias with the value")
    return end_of(value)


def _removal(text: str, parent: Node, node: Node) -> Edit:
    if not isinstance(parent, MappingNode) or len(parent.value) == 1:
        raise EditRefused("it is a list item or the only key of its mapping; remove it by hand")
    position = next(number for number, (_, value) in enumerate(parent.value) if value is node)
    key = parent.value[position][0]
    if parent.flow_style:
        if position:
            before = parent.value[position - 1][1]
            return Edit(before.end_mark.index, end_of(node), "")
        return Edit(key.start_mark.index, parent.value[1][0].start_mark.index, "")
    start = text.rfind("\n", 0, key.start_mark.index) + 1
    if text[start : key.start_mark.index].strip():
        raise EditRefused("its line also has other content; remove it by hand")
    after = end_of(node)
    end = after if text[after - 1] == "\n" else text.find("\n", after) + 1
    return Edit(start, end or len(text), "")


def _insist_on_meaning(before: str, after: str, root: Node, trail: Sequence[str | int], wanted: ValueChange) -> None:
    """Raise EditRefused unless the edited text has what is wanted and its other content is unchanged."""
    line = root.start_mark.line
    old = [(node.start_mark.line, node) for node in documents.nodes(before)]
    number = next(position for position, (start, _) in enumerate(old) if start == line)
    expected = [reader.value(node) for _, node in old]
    expected[number] = changed(expected[number], [*trail, *wanted.steps[len(trail) :]], wanted)
    if [reader.value(node) for node in documents.nodes(after)] != expected:
        raise EditRefused("the edited file would not have the intended content; change it by hand")


def changed(content: Any, steps: Sequence[str | int], wanted: ValueChange) -> Any:
    """A copy of `content` with what is wanted at the end of `steps`; missing mappings on the way are created."""
    made = copy.deepcopy(content)
    holder = made
    for step in steps[:-1]:
        if isinstance(holder, dict) and holder.get(step) is None:
            holder[step] = {}
        holder = holder[_position(holder, step)]
    if wanted.remove:
        del holder[_position(holder, steps[-1])]
    else:
        holder[_position(holder, steps[-1])] = copy.deepcopy(wanted.value)
    return made


def _position(holder: Any, step: str | int) -> str | int:
    return int(step) if isinstance(holder, list) else step


def as_yaml(value: Any) -> str:
    """`value` as YAML on one line, strings without quotes if every parser reads them as strings."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{as_yaml(key)}: {as_yaml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_yaml, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not needs_quotes(value):
        return value
    return reader.json_text(value)
