"""Kubernetes manifests as documents: who they are, where they come from, and how they are read.

Rendered manifests come from kustomize in one canonical form. Files written by hand are first brought
into such a form, because the programs that judge them split and decode YAML each in its own way: one
that stops at a separator with a comment would let everything behind it pass unseen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import yaml

from promote.errors import RenderError
from promote.yamltext import places

SEPARATOR = "---\n"
_TOP_LEVEL = re.compile(r"^(apiVersion|kind): *(\S+)", re.MULTILINE)
# kustomize writes the hash without vowels and what looks like one, so that it never spells a word.
_HASH = re.compile(r"-[2456789bcdfghkmt]{10}$")
# What an API server takes as one request: MaxRequestBodyBytes of k8s.io/apiserver, 3 MiB.
_REQUEST = 3 * 1024 * 1024
# What one check may hold, so that it stays below 500 MB with the programs that it starts.
MOST_CHARACTERS, MOST_NODES = 8 << 20, 300_000
_SEPARATOR = re.compile(r"^---(?=\s)", re.MULTILINE)
_ENDLESS = _REQUEST + 1
_DEEPEST = 200
_INDENTS = re.compile(r"^[-?: ]+", re.MULTILINE)
# Characters that YAML takes for line breaks or refuses, though JSON allows them in strings.
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """What distinguishes an object within a cluster."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    @property
    def written_name(self) -> str:
        """The name without the hash of its contents that kustomize appends to what it generates."""
        return _HASH.sub("", self.name) if self.kind in ("ConfigMap", "Secret") else self.name


@dataclass(frozen=True, slots=True)
class Source:
    """A place in the repository: a path relative to its root, and a line counted from 1."""

    file: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Document:
    """One manifest and who it is."""

    identity: Identity
    content: Mapping[str, Any]


def shown(path: Path, root: Path) -> str:
    """`path` as it is named to people: relative to `root` where it lies below it."""
    whole = path.resolve()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else str(whole)


def kinds(text: str) -> set[tuple[str, str]]:
    """Every (apiVersion, kind) in canonical `text`, found without parsing its YAML."""
    return {_kind(chunk) for chunk in split(text)}


def _kind(chunk: str) -> tuple[str, str]:
    if chunk.startswith("{"):
        who = identity(json.loads(chunk))
        return who.api_version, who.kind
    top = dict(reversed(_TOP_LEVEL.findall(chunk)))
    return top.get("apiVersion", "").strip("\"'"), top.get("kind", "").strip("\"'")


def split(text: str) -> list[str]:
    """The documents of canonical `text`, as text."""
    return [chunk for chunk in re.split(r"^---\n", text, flags=re.MULTILINE) if chunk.strip()]


def read(text: str, where: str) -> list[Document]:
    """Parse canonical `text`; raises RenderError when a document is no Kubernetes object, or one is lost."""
    contents = [content for content in load_all(text, where) if content is not None]
    expected = len(split(text))
    if len(contents) != expected:
        raise RenderError(f"{where}: {expected} documents were rendered but {len(contents)} were read")
    return [Document(identity(content), content) for content in contents]


def canonical(text: str, where: str) -> list[str]:
    """Every object of hand-written YAML or JSON as one line of JSON, `List` kinds unfolded.

    Raises RenderError, with the line, for what is not YAML, has a key twice or values that JSON cannot hold.
    """
    try:
        return [
            json_text(item) for content in load_all(text, where) if content is not None for item in _unfold(content)
        ]
    except (TypeError, ValueError) as error:
        raise RenderError(f"{where}: {error}; write it as plain strings, numbers, lists and maps") from error


def load_all(text: str, where: str) -> Iterator[Any]:
    """Every document of `text`; raises RenderError with the line where it is no YAML that Kubernetes takes."""
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
                raise RenderError(f"{where}:{line}: a document is {type(content).__name__}, not a Kubernetes object")
            yield content
    except (yaml.YAMLError, ValueError) as error:
        raise RenderError(f"{where}:{_line(error, text)}: this is not YAML: {_problem(error)}") from error


def nodes(text: str) -> list[yaml.Node]:
    """The root node of every object in `text`, `List` kinds unfolded; none where the text is not YAML."""
    try:
        _refuse_excess(text, "")
        roots = list(yaml.compose_all(text, Loader=_Loader))
    except (yaml.YAMLError, ValueError, RenderError):
        return []
    return [node for root in roots if root is not None for node in _unfold_node(root)]


def value(node: yaml.Node) -> Any:
    """What `node` spells; raises yaml.YAMLError where that is nothing that Kubernetes takes."""
    return _Loader("").construct_document(node)


def identity(content: Mapping[str, Any]) -> Identity:
    """The identity that `content` declares, with empty strings where it declares none."""
    metadata = content.get("metadata")
    given = metadata if isinstance(metadata, Mapping) else {}
    return Identity(*(str(part or "") for part in (
        content.get("apiVersion"), content.get("kind"), given.get("namespace"), given.get("name")
    )))  # fmt: skip


def _unfold(content: Any) -> Sequence[Any]:
    if isinstance(content, dict) and _is_list(content.get("kind")) and isinstance(content.get("items"), list):
        return [part for item in content["items"] for part in _unfold(item)]
    return [content]


def _unfold_node(node: yaml.Node) -> Sequence[yaml.Node]:
    if _is_list(places.text(node, "kind")) and isinstance(places.field(node, "items"), yaml.SequenceNode):
        return [part for item in places.items(node, "items") for part in _unfold_node(item)]
    return [node]


def _is_list(kind: Any) -> bool:
    return isinstance(kind, str) and kind.endswith("List")


def json_text(value: Any) -> str:
    """`value` as one line of JSON that YAML reads alike; raises ValueError or TypeError where JSON cannot hold it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _NOT_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _line(error: Exception, text: str) -> int:
    """The line that a parser's complaint is about, from 1."""
    if mark := getattr(error, "problem_mark", None) or getattr(error, "context_mark", None):
        return int(mark.line) + 1
    return text.count("\n", 0, getattr(error, "position", 0)) + 1


def _problem(error: Exception) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        return "it holds a control character"
    return getattr(error, "problem", None) or str(error).splitlines()[0]


def _refuse_size(text: str, where: str) -> None:
    """Refuse a document that no cluster takes, before its parts fill the memory."""
    starts = [0, *(match.start() for match in _SEPARATOR.finditer(text)), len(text)] if len(text) > _REQUEST else []
    for start, end in pairwise(starts):
        if end - start > _REQUEST:
            place, size = f"{where}:{text.count(chr(10), 0, start) + 1}", f"{(end - start) / 1024 / 1024:.0f} MiB"
            raise RenderError(
                f"{place}: a document of {size}: an API server takes 3 MiB at most; "
                "split it, a list into documents of their own"
            )


def at_most(text: str) -> int:
    """More than the keys, values, lists and maps in `text`, or as many; found quickly, without parsing it."""
    return (
        1 + 2 * (text.count(":") + text.count("?")) + sum(map(text.count, (",", "[", "{", "- ", "-\n", "-\t", "---")))
    )


def size(text: str) -> int:
    """How many keys, values, lists and maps `text` has, without keeping them in memory."""
    return sum(isinstance(event, yaml.NodeEvent) for event in yaml.parse(text, Loader=_Loader))


def _refuse_excess(text: str, where: str) -> None:
    """Refuse what would fill the memory, or crash the C parser, which calls itself for every level of nesting."""
    indents = max(map(len, _INDENTS.findall(text)), default=0)
    # A list may stand at the column of its key, so a column holds at most two levels.
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
            raise RenderError(f"{where}: more than {MOST_NODES:,} keys and values: split it, and check it in parts")


def _refuse_bomb(root: yaml.Node) -> None:
    """Aliases share memory until something writes them out; refuse those that would then fill it."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        if id(node) not in sizes:
            sizes[id(node)] = _ENDLESS  # what an alias to its own parent finds
            own = len(node.value) if isinstance(node, yaml.ScalarNode) else 0
            sizes[id(node)] = own + 1 + sum(map(size, _children(node)))
        if sizes[id(node)] > _REQUEST:
            raise _refusal("its aliases would expand without end", node)
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


# So it does with one letter, which PyYAML takes for text.
_SHORT_BOOLEANS = ((f"{_TAG}bool", re.compile("[yYnN]$")),)
_TEXTS = (f"{_TAG}str", f"{_TAG}merge", f"{_TAG}value")
_HIGHEST = 2**63
_BASES = {"0b": 2, "0o": 8, "0x": 16}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as Kubernetes reads it: dates stay text, a key may stand only once."""

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
        # Called before merge keys are written out, and again for the same node when others merge it.
        if id(node) not in self._checked:
            self._checked[id(node)] = node  # kept, so that its id stays its own
            self._refuse_repetition(node)
        super().flatten_mapping(node)

    def _refuse_repetition(self, node: yaml.MappingNode) -> None:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                # In JSON every key is text, so that 1, 0x1 and "1" are the same.
                name = key.value if key.tag in _TEXTS else json.dumps(self.construct_object(key)).strip('"')
                if name in seen:
                    raise _refusal(f"the key '{key.value}' stands twice", key)
                seen.add(name)

    def construct_integer(self, node: yaml.ScalarNode) -> int:
        """A number as Go reads it; PyYAML does not know `0o17`, and has numbers without end."""
        text = node.value.replace("_", "").lower()
        digits = text.lstrip("+-")
        base = _BASES.get(digits[:2]) or (8 if digits[0] == "0" else 10)
        try:
            number = int(digits, base) * (-1 if text[0] == "-" else 1)
        except ValueError:
            raise _refusal(f"{node.value} is no number; if it is meant as text, put it in quotes", node) from None
        if not -_HIGHEST <= number < _HIGHEST:
            raise _refusal(f"{node.value} is beyond the numbers of Kubernetes, which have 64 bits", node)
        return number


_Loader.add_constructor(f"{_TAG}int", _Loader.construct_integer)
