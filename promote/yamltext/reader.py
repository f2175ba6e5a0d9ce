"""The one reader of untrusted YAML and JSON: bounded, and YAML as the Kubernetes API server reads it.

Nothing else in `promote` parses them. `promote.yamltext.bounds` has the limits; `spans` is for files that are edited.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from promote.errors import ConfigError, RenderError
from promote.yamltext import bounds
from promote.yamltext.bounds import MOST_CHARACTERS, MOST_NODES, Excess, at_most
from promote.yamltext.loader import Lenient, Loader, Settings

__all__ = ["MOST_CHARACTERS", "MOST_NODES", "at_most"]

SEPARATOR = re.compile(r"^---(?=\s|\Z)", re.MULTILINE)  # where a document of a file begins
SUFFIXES = (".yaml", ".yml", ".json")  # of the files that are read here; JSON is YAML
# Characters that YAML treats as line breaks or rejects, but that JSON allows in strings.
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
# How much JSON is read: of a server, and of the programs that promote starts, which say something of every document.
MOST_JSON, MOST_OF_PROGRAMS = 8 << 20, 64 << 20
_HIGHEST, _DIGITS = 2**64, 21  # an unsigned integer of Go, and its digits with a sign
_LONGEST_PROBLEM = 300
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def load_all(text: str, where: str) -> Iterator[Any]:
    """Every document of `text`; raises RenderError, with the line, for YAML that Kubernetes does not accept."""
    try:
        bounds.refuse_excess(text, Loader)
        loader = Loader(text)
        while loader.check_node():
            node = loader.get_node()
            line = node.start_mark.line + 1
            if "*" in text:
                bounds.refuse_bomb(node)
            content = loader.construct_document(node)
            if not isinstance(content, dict | None):
                kind = type(content).__name__
                raise RenderError(
                    f"{where}:{line}: the document has the type {kind}, but a Kubernetes object is a mapping"
                )
            yield content
    except (yaml.YAMLError, ValueError) as error:
        raise RenderError(_said(error, text, where)) from error


def compose(data: bytes, where: str, *, first: bool = False) -> yaml.Node | None:
    """The root node of the only document in a file that only promote reads, or None where it is empty.

    With `first`, it is that of the first document, as kustomize reads a kustomization. What follows all of its
    aliases is bounded, too. Raises ConfigError, with file and line.
    """
    text = decoded(data, where)
    try:
        bounds.refuse_excess(text, Loader)
        loader = (Lenient if first else Settings)(text)
        # Asked whether there is a document, the loader has left the start, from which `get_single_node` reads.
        root: yaml.Node | None = (
            (loader.get_node() if loader.check_node() else None) if first else loader.get_single_node()
        )
        if root is not None and "*" in text:
            bounds.refuse_bomb(root)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(_said(error, text, where)) from error
    return root


def document(data: bytes, where: str, *, first: bool = False) -> tuple[yaml.Node | None, Any]:
    """The root node of the only document in a file that only promote reads, and its value; None where it is empty.

    With `first`, it is a kustomization, which is read as kustomize reads it, and more documents may follow. Raises
    ConfigError, with file and line.
    """
    root = compose(data, where, first=first)
    try:
        return root, None if root is None else (Lenient if first else Settings)("").construct_document(root)
    except yaml.YAMLError as error:
        raise ConfigError(_said(error, "", where)) from error


def decoded(data: bytes, where: str) -> str:
    """The text of a file, without its byte order mark; raises ConfigError, with the line, if it is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{where}:{line}: this is not UTF-8: save the file as UTF-8") from None


def encoded(text: str, before: bytes) -> bytes:
    """The bytes of a file whose new text this is, with a byte order mark if the bytes `before` have one."""
    return (codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b"") + text.encode()


def roots(text: str) -> list[yaml.Node]:
    """The root node of every document in `text`; none where the text is not YAML."""
    try:
        bounds.refuse_excess(text, Loader)
        return list(_composed(text))
    except (yaml.YAMLError, ValueError):
        return []


def insist_on_limits(text: str, where: str) -> None:
    """Raise ConfigError, with the line, for YAML that another program must not be given: it would fill its memory."""
    try:
        bounds.refuse_excess(text, Loader)
        if "*" in text:
            list(_composed(text))
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(_said(error, text, where)) from error


def _composed(text: str) -> Iterator[yaml.Node]:
    for node in yaml.compose_all(text, Loader=Loader):
        if "*" in text:
            bounds.refuse_bomb(node)
        yield node


def value(node: yaml.Node) -> Any:
    """The value of `node`; raises yaml.YAMLError where Kubernetes would not accept it."""
    return Loader("").construct_document(node)


def size(text: str) -> int:
    """The number of keys, values, lists and maps in `text`, without keeping them in memory."""
    return bounds.size(text, Loader)


def from_json(data: bytes | str, most: int = MOST_JSON) -> Any:
    """The value of JSON; raises ValueError for anything else, and for more than `most` bytes or too many levels."""
    if len(data) > most:
        raise Excess(1, f"it has more than {most >> 20} MiB")
    text = data if isinstance(data, str) else data.decode("utf-8-sig")
    try:
        content = json.loads(text, parse_int=_integer, parse_float=_finite, parse_constant=_finite)
    except RecursionError:
        raise Excess(1, "it is nested too deeply") from None
    if text.count("[") + text.count("{") > bounds.DEEPEST:
        bounds.refuse_depth(content)
    return _whole(content) if _ESCAPED_HALF.search(text) else content


def _integer(digits: str) -> int:
    number = int(digits) if len(digits) <= _DIGITS else _HIGHEST
    if abs(number) >= _HIGHEST:
        raise ValueError("a number does not fit into 64 bits")
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:20]} is not a finite number")
    return number


def _whole(content: Any) -> Any:
    """`content` without halves of characters, which JSON can express and UTF-8 cannot."""
    if isinstance(content, str):
        return _HALF_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", content)
    if isinstance(content, dict):
        return {_whole(key): _whole(each) for key, each in content.items()}
    return [_whole(each) for each in content] if isinstance(content, list) else content


def json_text(value: Any) -> str:
    """`value` as one line of JSON that is also YAML; raises ValueError or TypeError where JSON cannot express it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _NOT_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _said(error: Exception, text: str, where: str) -> str:
    if isinstance(error, Excess):
        return f"{where}:{error.line}: {error}"
    # Only the reader of characters says a position instead.
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    above = mark.line if mark else text.count("\n", 0, getattr(error, "position", 0))
    return f"{where}:{above + 1}: this is not YAML: {_problem(error)}"


def _problem(error: Exception) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        return "it contains a control character"
    problem = str(getattr(error, "problem", None) or str(error).splitlines()[0])
    # libyaml 0.2.6 and later, which PyYAML 6.0.4 brings, has a limit of its own.
    return "it is nested too deeply" if "nesting depth" in problem else problem[:_LONGEST_PROBLEM]
