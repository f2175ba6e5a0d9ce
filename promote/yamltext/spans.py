"""YAML as kustomize reads it, with the position of every scalar in the text, and edits at these positions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from promote.errors import ConfigError, EditRefused
from promote.yamltext import bounds
from promote.yamltext.loader import Loader
from promote.yamltext.scalars import MERGE, NULL, STRING, needs_quotes, plain_tag

Span: TypeAlias = tuple[int, int]
_MOST_CHARACTERS, _MOST_NODES = 2 << 20, 100_000
# Expected new texts by path (keys and list positions); None where nothing may change.
Goal: TypeAlias = "str | Mapping[str | int | None, Goal] | None"


@dataclass(frozen=True, slots=True)
class ParsedText:
    """The first YAML document of a file: its nodes, and where in the file's text they are."""

    source: str
    text: str
    root: Node
    starts: Mapping[int, int]

    def at(self, node: Node) -> str:
        """Where `node` starts, as `source:line`."""
        return f"{self.source}:{node.start_mark.line + 1}"

    def fields(self, node: Node) -> dict[str, Node]:
        """The values of the mapping `node` by key, merge keys followed.

        Raises ConfigError for duplicate keys, keys that are not scalars, and merges that kustomize
        does not read as the YAML specification says.
        """
        try:
            return self._fields(node, set())
        except RecursionError:
            raise ConfigError(
                f"{self.at(node)}: merge keys are nested too deeply; write the merged keys here instead"
            ) from None

    def _fields(self, node: Node, seen: set[int]) -> dict[str, Node]:
        # What was merged once already takes precedence. Skipping it keeps nested merges ("YAML bombs") linear.
        if id(node) in seen:
            return {}
        seen.add(id(node))
        own: dict[str, Node] = {}
        inherited: dict[str, Node] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise ConfigError(f"{self.at(key)}: a key is a list or a mapping; keys must be strings")
            if key.value in own:
                raise ConfigError(f"{self.at(key)}: duplicate key {key.value!r}; delete one of them")
            if key.tag == MERGE:
                inherited = self._merged(value, seen)
                # YAML lets a mapping's own key win; go-yaml lets the merge win over the keys written before it.
                if late := sorted(own.keys() & inherited.keys()):
                    names = ", ".join(late)
                    raise ConfigError(f"{self.at(key)}: in kustomize, '<<' overrides {names} above it; move '<<' up")
            own[key.value] = value
        return inherited | own

    def _merged(self, node: Node, seen: set[int]) -> dict[str, Node]:
        result: dict[str, Node] = {}
        for source in node.value if isinstance(node, SequenceNode) else [node]:
            if not isinstance(source, MappingNode):
                raise ConfigError(f"{self.at(node)}: '<<' can only merge mappings; write an alias of a mapping")
            result = self._fields(source, seen) | result
        return result

    def span(self, node: ScalarNode) -> Span:
        """Where the text of `node` is, with its quotes, without its anchor and tag."""
        start, end = node.start_mark.index, node.end_mark.index
        return (start if start == end else self.starts[end]), end

    def outside(self, nodes: Iterable[ScalarNode]) -> list[str]:
        """The text before, between and after `nodes`, which an edit of them must not change."""
        pieces, position = [], 0
        for start, end in sorted({self.span(node) for node in nodes}):
            pieces.append(self.text[position:start])
            position = end
        return [*pieces, self.text[position:]]

    def splice(self, edits: Iterable[tuple[ScalarNode, str]]) -> bytes:
        """The file with new texts for some scalars, in their present quotes, or in new ones where they need them.

        Raises EditRefused for a scalar of several lines, and for one scalar that should get two texts.
        """
        written: dict[Span, tuple[ScalarNode, str]] = {}
        for node, text in edits:
            if written.setdefault(self.span(node), (node, text)) != (node, text):
                raise EditRefused(
                    f"{self.at(node)}: a YAML alias uses this value in two places; write the value in each"
                )
        first, *rest = self.outside(node for node, _ in written.values())
        texts = [self._quoted(*written[span]) for span in sorted(written)]
        return (first + "".join(text + gap for text, gap in zip(texts, rest, strict=True))).encode()

    def _quoted(self, node: ScalarNode, text: str) -> str:
        start, end = self.span(node)
        if node.style in ("|", ">") or len(self.text[start:end].splitlines()) > 1:
            raise EditRefused(f"{self.at(node)}: the value spans several lines; write it on the line of its key")
        quote = node.style or ('"' if needs_quotes(text) else "")
        return quote + text + quote


def parse(data: bytes, source: str) -> ParsedText:
    """Read the first document in `data`, the only one that kustomize reads; `source` names the file in messages.

    Raises ConfigError when it is not a YAML mapping in UTF-8.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{source}:{line}: the file is not UTF-8; save it as UTF-8") from None
    root, starts = _compose(text, source)
    if root is None or root.tag == NULL:
        raise ConfigError(f"{source}:1: the first YAML document is empty; fill it in or delete it")
    document = ParsedText(source, text, root, starts)
    if not isinstance(root, MappingNode):
        raise ConfigError(f"{document.at(root)}: the first YAML document is not a mapping; write 'key: value' lines")
    return document


def _compose(text: str, source: str) -> tuple[Node | None, Mapping[int, int]]:
    _refuse_excess(text, source)
    try:
        loader = _Loader(text)
        root = loader.get_node() if loader.check_node() else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        reason = ", ".join(filter(None, (error.context, error.problem)))
        raise ConfigError(f"{source}:{line}: this is not YAML: {reason}; correct it") from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{source}:{line}: the file contains a control character; delete it") from None
    except RecursionError:
        raise ConfigError(f"{source}:1: the YAML is nested too deeply; flatten it") from None
    except (ValueError, OverflowError):
        # PyYAML raises these for escapes beyond Unicode ("\UFFFFFFFF") and for absurd version numbers.
        raise ConfigError(f"{source}:1: this is not YAML: a number is too big; correct it") from None
    return root, loader.starts


def _refuse_excess(text: str, source: str) -> None:
    """Raise ConfigError for more than can be read in a few seconds: this loader is in Python, and keeps positions."""
    if len(text) > _MOST_CHARACTERS:
        raise ConfigError(f"{source}:1: more than {_MOST_CHARACTERS >> 20} MiB: split the file")
    try:
        bounds.refuse_excess(text, Loader, _MOST_NODES)
    except bounds.Excess as excess:
        raise ConfigError(f"{source}:{excess.line}: {excess}") from None
    except yaml.YAMLError:
        # It is nested too deeply, or not YAML for the other loader; what follows says so.
        if bounds.at_most(text) > _MOST_NODES:
            raise ConfigError(f"{source}:1: more than {_MOST_NODES:,} keys and values: split the file") from None


class _Loader(yaml.SafeLoader):
    """PyYAML's loader, with go-yaml's rules for unquoted scalars and for tabs between tokens."""

    def __init__(self, text: str) -> None:
        self.starts: dict[int, int] = {}
        super().__init__(text)

    def get_token(self) -> Any:
        token = super().get_token()  # type: ignore[no-untyped-call]
        # A node starts at its anchor or tag; only the token has the start of the scalar itself.
        if isinstance(token, yaml.ScalarToken):
            self.starts[token.end_mark.index] = token.start_mark.index
        return token

    def resolve(self, kind: type[Node], value: str | None, implicit: tuple[bool, bool]) -> str:
        if kind is ScalarNode and value is not None and implicit[0]:
            return plain_tag(value)
        return str(super().resolve(kind, value, implicit))  # type: ignore[no-untyped-call]

    def scan_to_next_token(self) -> None:
        super().scan_to_next_token()
        while self.peek() == "\t" and (self.flow_level or not self.allow_simple_key):
            self.forward()
            super().scan_to_next_token()


def difference(old: Node, new: Node, goal: Goal) -> Node | None:
    """The first node of `old`, on any path to it, that `new` changed in another way than `goal` says."""
    pending = [(old, new, goal)]
    same: set[tuple[int, int]] = set()
    while pending:
        before, after, wanted = pending.pop()
        pair = (id(before), id(after))
        if wanted is None and pair in same:
            continue
        if not _alike(before, after, wanted):
            return before
        # Comparing each pair once keeps aliases of aliases ("YAML bombs") linear; a pair with a goal
        # does not count, as another path may lead there without one.
        if wanted is None:
            same.add(pair)
        goals = wanted if isinstance(wanted, Mapping) else {}
        for (key, one), (_, other) in zip(_steps(before), _steps(after), strict=True):
            pending.append((one, other, goals.get(key)))
    return None


def _alike(before: Node, after: Node, wanted: Goal) -> bool:
    if isinstance(wanted, str):
        return bool(after.tag == STRING and after.value == wanted)
    if type(before) is not type(after) or before.tag != after.tag:
        return False
    if isinstance(before, ScalarNode):
        return bool(before.value == after.value)
    return len(before.value) == len(after.value)


def _steps(node: Node) -> Iterator[tuple[str | int | None, Node]]:
    if isinstance(node, SequenceNode):
        yield from enumerate(node.value)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            yield None, key
            yield (key.value if isinstance(key, ScalarNode) else None), value
