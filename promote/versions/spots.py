"""Scalars of a YAML file that say a version, also in YAML inside another scalar, and byte-exact edits of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias, cast

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from promote.errors import EditRefused
from promote.yamltext import reader
from promote.yamltext.scalars import STRING, needs_quotes
from promote.yamltext.spans import Goal, difference

Path: TypeAlias = tuple[str | int, ...]  # the number of a document, from 0, then keys and positions

_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]+)+")  # anchors and tags before a scalar
_HEADER = re.compile(r"\|[-+]?[ \t]*(?:#.*)?$")
_QUOTES = ("'", '"')
_DEFINITION = re.compile(r"^kind:[ ]*CustomResourceDefinition[ \r]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Spot:
    """A scalar on one line: where it is in its document, its text, and its characters in the file, with quotes.

    `inside` leads on into the YAML that the scalar at `path` has as its text; `start` and `end` are then still
    characters of the file, and `offset` is where the scalar starts in that text.
    """

    path: Path
    text: str
    start: int
    end: int
    quote: str
    line: int
    inside: Path = ()
    offset: int = 0

    def written(self, text: str) -> str:
        """`text` in the present quotes, or in new ones where it needs them."""
        quote = self.quote or ('"' if needs_quotes(text) else "")
        return quote + text + quote


@dataclass(frozen=True, slots=True)
class Region:
    """YAML in a file: the whole file, or the text of the scalar at `path`, whose characters are those of the file.

    `lines` are the characters of the file at which each line of the text starts, `starts` those of the text itself.
    """

    text: str
    roots: tuple[Node, ...]
    path: Path = ()
    lines: tuple[int, ...] = ()
    starts: tuple[int, ...] = ()

    def at(self, offset: int, line: int) -> int:
        """The character of the file that is at `offset` of the text, in its line `line`, from 0."""
        return self.lines[line] + offset - self.starts[line] if self.lines else offset


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of YAML documents, parsed once; `source` names it in messages."""

    source: str
    data: bytes
    whole: Region

    @classmethod
    def parse(cls, data: bytes, source: str) -> Sheet:
        """Read `data`; raises ConfigError if it is not UTF-8. What is not YAML has no documents."""
        text = reader.decoded(data, source)
        return cls(source, data, Region(text, tuple(reader.roots(_without_definitions(text)))))

    def spot(self, node: Node, path: Path, region: Region | None = None) -> Spot | None:
        """The string `node` at `path` of a region, else of the file; None if an edit could not keep its form."""
        region = region or self.whole
        if not isinstance(node, ScalarNode) or node.tag != STRING or not node.value:
            return None
        start, end = characters(node, region.text)
        quote = node.style if node.style in _QUOTES else ""
        if region.text[start:end] != quote + node.value + quote:
            return None  # on several lines, or with escapes
        line = node.end_mark.line
        first, last = region.at(start, line), region.at(end, line)
        if self.whole.text[first:last] != region.text[start:end]:
            return None
        number = self.whole.text.count("\n", 0, first) + 1
        if not region.path:
            return Spot(path, node.value, first, last, quote, number)
        return Spot(region.path, node.value, first, last, quote, number, path, start)

    def region(self, node: Node, path: Path) -> Region | None:
        """The YAML in the string `node` at `path`; None if its characters are not, one by one, in the file."""
        if not isinstance(node, ScalarNode) or node.tag != STRING:
            return None
        text, start, end = node.value, node.start_mark.index, node.end_mark.index
        starts = (0, *(match.end() for match in re.finditer("\n", text)))
        if node.style == "|":
            lines = self._block(node, len(starts))
        else:
            quote = node.style if node.style in _QUOTES else ""
            is_plain = self.whole.text[start:end] == quote + text + quote
            lines = (start + len(quote),) if is_plain and len(starts) == 1 else ()
        return Region(text, tuple(reader.roots(text)), path, lines, starts) if lines else None

    def _block(self, node: ScalarNode, count: int) -> tuple[int, ...]:
        """Where the lines of a block scalar start in the file, without their indentation."""
        text = self.whole.text
        end = text.find("\n", node.start_mark.index)
        if not _HEADER.fullmatch(text[node.start_mark.index : end].rstrip("\r")):
            return ()
        found, indent = [], -1
        for _ in range(count):
            start, end = end + 1, text.find("\n", end + 1)
            line = text[start : end if end >= 0 else len(text)]
            if indent < 0 and line.strip():
                indent = len(line) - len(line.lstrip(" "))
            found.append(start + max(indent, 0))
            if end < 0:
                break
        # After the last line break of a text, nothing follows.
        return (*found, *[len(text)] * (count - len(found)))

    def edited(self, edits: Iterable[tuple[Spot, str]]) -> bytes:
        """The file with new texts for some spots; raises EditRefused if anything else in it would change."""
        wanted: dict[tuple[int, int], tuple[Spot, str]] = {}
        for spot, text in edits:
            if wanted.setdefault((spot.start, spot.end), (spot, text))[1] != text:
                raise EditRefused(f"{self.source}:{spot.line}: two versions are wanted for this value")
        text = self.whole.text
        for start, end in sorted(wanted, reverse=True):
            spot, new = wanted[start, end]
            text = text[:start] + spot.written(new) + text[end:]
        data = reader.encoded(text, self.data)
        self._prove(data, list(wanted.values()))
        return data

    def _prove(self, data: bytes, edits: list[tuple[Spot, str]]) -> None:
        """Raise EditRefused unless `data` has the new texts and nothing else that is new."""
        pairs = [(self.whole.roots, Sheet.parse(data, self.source).whole.roots, self._goals(edits))]
        for path in {spot.path for spot, _ in edits if spot.inside}:
            inside = [(spot, text) for spot, text in edits if spot.path == path]
            old = str(_at(self.whole.roots, path).value)
            inner: dict[str | int | None, Goal] = {}
            for spot, text in inside:
                _put(inner, spot.inside, text)
            pairs.append((tuple(reader.roots(old)), tuple(reader.roots(_spliced(old, inside))), inner))
        for before, after, goals in pairs:
            each = zip(before, after, strict=False)
            wrong = (difference(old, new, goals.get(number)) for number, (old, new) in enumerate(each))
            if edits and (len(before) != len(after) or any(wrong)):
                raise EditRefused(
                    f"{self.source}:{edits[0][0].line}: no edit changes this value alone: other values use it by an "
                    "anchor, alias or merge key, or its YAML has an unusual form; change it by hand"
                )

    def _goals(self, edits: list[tuple[Spot, str]]) -> dict[str | int | None, Goal]:
        """The text that each edited scalar must have afterwards, by its path."""
        goals: dict[str | int | None, Goal] = {}
        for spot, text in edits:
            inside = [(one, new) for one, new in edits if one.path == spot.path and one.inside]
            whole = _spliced(str(_at(self.whole.roots, spot.path).value), inside) if inside else text
            _put(goals, spot.path, whole)
        return goals


def _without_definitions(text: str) -> str:
    """The text with spaces for each document that defines custom resources: these are long, and run no image."""
    if not _DEFINITION.search(text):
        return text
    starts = [0, *(match.start() for match in reader.SEPARATOR.finditer(text)), len(text)]
    parts = []
    for start, end in pairwise(starts):
        part = text[start:end]
        if _DEFINITION.search(part):
            separator = reader.SEPARATOR.match(part)
            kept = separator[0] if separator else ""
            part = kept + re.sub(r"[^\n]", " ", part[len(kept) :])
        parts.append(part)
    return "".join(parts)


def _spliced(text: str, edits: list[tuple[Spot, str]]) -> str:
    """The text of a scalar with new texts for spots inside it."""
    for spot, new in sorted(edits, key=lambda pair: -pair[0].offset):
        text = text[: spot.offset] + spot.written(new) + text[spot.offset + spot.end - spot.start :]
    return text


def _put(goals: dict[str | int | None, Goal], path: Path, text: str) -> None:
    *steps, last = path
    for step in steps:
        goals = cast("dict[str | int | None, Goal]", goals.setdefault(step, {}))
    goals[last] = text


def _at(roots: tuple[Node, ...], path: Path) -> Node:
    node = roots[int(path[0])]
    for step in path[1:]:
        node = next(value for key, value in children(node) if key == step)
    return node


def characters(node: ScalarNode, text: str) -> tuple[int, int]:
    """Where a scalar starts and ends in its text, with its quotes, without its anchor and tag."""
    start, end = node.start_mark.index, node.end_mark.index
    properties = _PROPERTIES.match(text, start, end)
    return (properties.end() if properties else start), end


def children(node: Node) -> Iterator[tuple[str | int, Node]]:
    """What is directly in a list or a mapping, with its position or key; merge keys are not followed."""
    if isinstance(node, SequenceNode):
        yield from enumerate(node.value)
    elif isinstance(node, MappingNode):
        yield from ((key.value, value) for key, value in node.value if isinstance(key, ScalarNode))
