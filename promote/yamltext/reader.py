"""Bounded reading of untrusted YAML and JSON, as the Kubernetes API server reads it.

Limits on size, nesting and aliases are checked before the content fills the memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import yaml

from promote.errors import RenderError

# The largest request that an API server accepts: MaxRequestBodyBytes of k8s.io/apiserver, 3 MiB.
_REQUEST = 3 * 1024 * 1024
# The limits of one check. Together with the programs that it starts, it then needs less than 500 MB.
MOST_CHARACTERS, MOST_NODES = 8 << 20, 300_000
_SEPARATOR = re.compile(r"^---(?=\s)", re.MULTILINE)
_ENDLESS = _REQUEST + 1
_DEEPEST = 200
_INDENTS = re.compile(r"^[-?: ]+", re.MULTILINE)
# Characters that YAML treats as line breaks or rejects, but that JSON allows in strings.
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def load_all(text: str, where: str) -> Iterator[Any]:
    """Every document of `text`; raises RenderError, with the line, for YAML that Kubernetes does not accept."""
    _refuse_size(text, where)
    try:
        _refuse_excess(text, where)
        loader = _Loader(text)
        while loader.check_node():
            node = loader.get_node()
            line = node.start_mark.line + 1
            if "*" in text:
                _refuse_bomb(node)
            content = loader.construct_document(node)
            if not isinstance(content, dict | None):
                kind = type(content).__name__
                raise RenderError(
                    f"{where}:{line}: the document has the type {kind}, but a Kubernetes object is a mapping"
                )
            yield content
    except (yaml.YAMLError, ValueError) as error:
        raise RenderError(f"{where}:{_line(error, text)}: this is not YAML: {_problem(error)}") from error


def roots(text: str) -> list[yaml.Node]:
    """The root node of every document in `text`; none where the text is not YAML."""
    try:
        _refuse_excess(text, "")
        return [node for node in yaml.compose_all(text, Loader=_Loader) if node is not None]
    except (yaml.YAMLError, ValueError, RenderError):
        return []


def value(node: yaml.Node) -> Any:
    """The value of `node`; raises yaml.YAMLError where Kubernetes would not accept it."""
    return _Loader("").construct_document(node)


def json_text(value: Any) -> str:
    """`value` as one line of JSON that is also YAML; raises ValueError or TypeError where JSON cannot express it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _NOT_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _line(error: Exception, text: str) -> int:
    """The line, from 1, of a parser's error."""
    if mark := getattr(error, "problem_mark", None) or getattr(error, "context_mark", None):
        return int(mark.line) + 1
    return text.count("\n", 0, getattr(error, "position", 0)) + 1


def _problem(error: Exception) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        return "it contains a control character"
    return getattr(error, "problem", None) or str(error).splitlines()[0]


def _refuse_size(text: str, where: str) -> None:
    """Refuse a document that no cluster accepts, before its content fills the memory."""
    starts = [0, *(match.start() for match in _SEPARATOR.finditer(text)), len(text)] if len(text) > _REQUEST else []
    for start, end in pairwise(starts):
        if end - start > _REQUEST:
            place, size = f"{where}:{text.count(chr(10), 0, start) + 1}", f"{(end - start) / 1024 / 1024:.0f} MiB"
            raise RenderError(
                f"{place}: the document has {size}, but an API server accepts at most 3 MiB: "
                "split it, or write each item of a List as a document"
            )


def at_most(text: str) -> int:
    """An upper bound for the number of keys, values, lists and maps in `text`, found quickly, without parsing."""
    return (
        1 + 2 * (text.count(":") + text.count("?")) + sum(map(text.count, (",", "[", "{", "- ", "-\n", "-\t", "---")))
    )


def size(text: str) -> int:
    """The number of keys, values, lists and maps in `text`, without keeping them in memory."""
    return sum(isinstance(event, yaml.NodeEvent) for event in yaml.parse(text, Loader=_Loader))


def _refuse_excess(text: str, where: str) -> None:
    """Refuse what would fill the memory, or crash the C parser, which recurses for every level of nesting."""
    indents = max(map(len, _INDENTS.findall(text)), default=0)
    # A list may start at the column of its key, so a column has at most two levels.
    if text.count("[") + text.count("{") + 2 * indents <= _DEEPEST and at_most(text) <= MOST_NODES:
        return
    depth = number = 0
    for event in yaml.parse(text, Loader=_Loader):
        number += isinstance(event, yaml.NodeEvent)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise _refusal("it is nested too deeply", event)
        if number > MOST_NODES:
            raise RenderError(
                f"{where}: more than {MOST_NODES:,} keys and values: split the file and check its parts separately"
            )


def _refuse_bomb(root: yaml.Node) -> None:
    """Refuse aliases that share memory now and would fill it once they are expanded."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        if id(node) not in sizes:
            sizes[id(node)] = _ENDLESS  # the size that an alias to its own parent has
            own = len(node.value) if isinstance(node, yaml.ScalarNode) else 0
            sizes[id(node)] = own + 1 + sum(map(size, _children(node)))
        if sizes[id(node)] > _REQUEST:
            raise _refusal("its aliases expand to more than 3 MiB", node)
        return sizes[id(node)]

    size(root)


def _refusal(problem: str, where: Any) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, where.start_mark)


def _children(node: yaml.Node) -> Sequence[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else ()


_TAG = "tag:yaml.org,2002:"
# Numbers as kubectl reads them (go.yaml.in/yaml/v2): no base 60 (`22:22`), but exponents without a point (`1e3`).
_NUMBERS = (
    (f"{_TAG}int", re.compile(r"[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$")),
    (
        f"{_TAG}float",
        re.compile(r"[-+]?((\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))$|\.(nan|NaN|NAN)$"),
    ),
)


# kubectl also reads these letters as booleans; PyYAML reads them as strings.
_SHORT_BOOLEANS = ((f"{_TAG}bool", re.compile("[yYnN]$")),)
_TEXTS = (f"{_TAG}str", f"{_TAG}merge", f"{_TAG}value")
_HIGHEST = 2**63
_BASES = {"0b": 2, "0o": 8, "0x": 16}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as Kubernetes reads it: dates stay strings, duplicate keys are errors."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [
            *(one for one in resolvers if one[0].removeprefix(_TAG) not in ("timestamp", "int", "float")),
            *(_NUMBERS if first in "-+.0123456789" else _SHORT_BOOLEANS if first in "yYnN" else ()),
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    bool_values: ClassVar[dict[str, bool]] = {**yaml.SafeLoader.bool_values, "y": True, "n": False}

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._checked: dict[int, yaml.Node] = {}

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        # Called before merge keys are expanded, and again for the same node when others merge it.
        if id(node) not in self._checked:
            self._checked[id(node)] = node  # kept, so that its id stays its own
            self._refuse_repetition(node)
        super().flatten_mapping(node)

    def _refuse_repetition(self, node: yaml.MappingNode) -> None:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                # In JSON every key is a string, so 1, 0x1 and "1" are the same key.
                name = key.value if key.tag in _TEXTS else json.dumps(self.construct_object(key)).strip('"')
                if name in seen:
                    raise _refusal(f"duplicate key '{key.value}'", key)
                seen.add(name)

    def construct_integer(self, node: yaml.ScalarNode) -> int:
        """An integer as Go reads it: PyYAML does not know `0o17`, and has no largest integer."""
        text = node.value.replace("_", "").lower()
        digits = text.lstrip("+-")
        base = _BASES.get(digits[:2]) or (8 if digits[0] == "0" else 10)
        try:
            number = int(digits, base) * (-1 if text[0] == "-" else 1)
        except ValueError:
            raise _refusal(f"{node.value} is not a valid number; put a string in quotes", node) from None
        if not -_HIGHEST <= number < _HIGHEST:
            raise _refusal(f"{node.value} does not fit into the 64 bits of an integer in Kubernetes", node)
        return number


_Loader.add_constructor(f"{_TAG}int", _Loader.construct_integer)
