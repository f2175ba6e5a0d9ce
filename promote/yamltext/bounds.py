"""Limits of what comes from outside, checked before it fills the memory or the stack.

YAML is parsed into events first, which takes no memory, by a parser that does not recurse. JSON is limited by its
size, since each of its characters takes a known amount of memory at most.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import yaml

# The largest request that an API server accepts: MaxRequestBodyBytes of k8s.io/apiserver, 3 MiB.
REQUEST = 3 << 20
# The limits of one check. Together with the programs that it starts, it then needs less than 500 MB.
MOST_CHARACTERS, MOST_NODES = 8 << 20, 300_000
DEEPEST = 200
_SEPARATOR = re.compile(r"^---(?=\s)", re.MULTILINE)
_ENDLESS = (REQUEST + 1, 1)
_INDENTS = re.compile(r"^[-?: \t]+", re.MULTILINE)
# All that YAML takes for a line break, except the usual one: the quick estimates do not count them.
_UNUSUAL = re.compile("[\r\x85\u2028\u2029]")


class Excess(ValueError):
    """More than a limit allows: on which line, counted from 1, and what to do."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line


def refusal(problem: str, where: Any) -> yaml.constructor.ConstructorError:
    """The error for the node or event `where`, which cannot be read as YAML for Kubernetes."""
    return yaml.constructor.ConstructorError(None, None, problem, where.start_mark)


def _refuse_size(text: str) -> None:
    """Raise Excess for a document that no cluster accepts."""
    starts = [0, *(match.start() for match in _SEPARATOR.finditer(text)), len(text)] if len(text) > REQUEST else []
    for start, end in pairwise(starts):
        if end - start > REQUEST:
            raise Excess(
                text.count("\n", 0, start) + 1,
                f"the document has {(end - start) / 1024 / 1024:.0f} MiB, but an API server accepts at most 3 MiB: "
                "split it, or write each item of a List as a document",
            )


def at_most(text: str) -> int:
    """An upper bound for the number of keys, values, lists and maps in `text`, found quickly, without parsing."""
    counted = sum(map(text.count, (",", "[", "{", "- ", "-\n", "-\t", "---")))
    return 1 + 2 * (text.count(":") + text.count("?")) + counted


def size(text: str, loader: Any) -> int:
    """The number of keys, values, lists and maps in `text`, without keeping them in memory."""
    return sum(isinstance(event, yaml.NodeEvent) for event in yaml.parse(text, Loader=loader))


def refuse_excess(text: str, loader: Any, most: int = MOST_NODES) -> None:
    """Refuse what would fill the memory, or crash the C parser, which recurses for every level of nesting.

    Raises Excess for a document that no cluster accepts and for more than `most` keys and values, and yaml.YAMLError
    for what is nested too deeply.
    """
    _refuse_size(text)
    indents = max(map(len, _INDENTS.findall(text)), default=0)
    # A list may start at the column of its key, so a column has at most two levels.
    shallow = text.count("[") + text.count("{") + 2 * indents <= DEEPEST
    if shallow and at_most(text) <= most and not _UNUSUAL.search(text):
        return
    depth = number = 0
    for event in yaml.parse(text, Loader=loader):
        number += isinstance(event, yaml.NodeEvent)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise refusal("it is nested too deeply", event)
        if number > most:
            line = int(event.start_mark.line) + 1 if event.start_mark else 1
            raise Excess(line, f"more than {most:,} keys and values: split the file and check its parts separately")


def refuse_bomb(root: yaml.Node) -> None:
    """Refuse aliases that share memory now, and would fill it or the stack once they are expanded."""
    known: dict[int, tuple[int, int]] = {}

    def measure(node: yaml.Node) -> tuple[int, int]:
        if id(node) not in known:
            known[id(node)] = _ENDLESS  # the size that an alias to its own parent has
            below = [measure(child) for child in _children(node)]
            own = len(node.value) if isinstance(node, yaml.ScalarNode) else 0
            known[id(node)] = (own + 1 + sum(size for size, _ in below), 1 + max((d for _, d in below), default=0))
        characters, depth = known[id(node)]
        if characters > REQUEST:
            raise refusal("its aliases expand to more than 3 MiB", node)
        if depth > 2 * DEEPEST:
            raise refusal("its aliases nest it too deeply", node)
        return characters, depth

    measure(root)


def _children(node: yaml.Node) -> Sequence[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else ()


def refuse_depth(content: object) -> None:
    """Raise Excess for lists and mappings that are nested too deeply for the functions that follow them."""
    level: list[object] = [content]
    for _ in range(DEEPEST):
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [child for each in inner for child in each]
        if not level:
            return
    raise Excess(1, "it is nested too deeply")
