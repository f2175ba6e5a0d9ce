"""Kubernetes manifests as documents: who they are, where they come from, and how they are read.

Rendered manifests come from kustomize in one canonical form. Files written by hand are first brought
into such a form, because the programs that judge them split and decode YAML each in its own way: one
that stops at a separator with a comment would let everything behind it pass unseen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from promote.errors import RenderError

SEPARATOR = "---\n"
ORIGIN = "config.kubernetes.io/origin"
_TOP_LEVEL = re.compile(r"^(apiVersion|kind): *(\S+)", re.MULTILINE)
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


@dataclass(frozen=True, slots=True)
class Source:
    """A place in the repository: a path relative to its root, and a line counted from 1."""

    file: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Document:
    """One manifest: its content, without the annotations that rendering adds, and the file it comes from."""

    identity: Identity
    content: Mapping[str, Any]
    origin: Path | None = None


def kinds(text: str) -> set[tuple[str, str]]:
    """Every (apiVersion, kind) in canonical `text`, found without parsing it."""
    found: set[tuple[str, str]] = set()
    for chunk in split(text):
        top = dict(reversed(_TOP_LEVEL.findall(chunk)))
        found.add((top.get("apiVersion", "").strip("\"'"), top.get("kind", "").strip("\"'")))
    return found


def split(text: str) -> list[str]:
    """The documents of canonical `text`, as text."""
    return [chunk for chunk in re.split(r"^---\n", text, flags=re.MULTILINE) if chunk.strip()]


def read(text: str, where: str, base: Path) -> list[Document]:
    """Parse canonical `text`, whose origin annotations are relative to the folder `base`.

    Raises RenderError when a document is no Kubernetes object, or one is lost.
    """
    contents = [content for content in load_all(text, where) if content is not None]
    if len(contents) != len(split(text)):
        raise RenderError(f"{where}: {len(split(text))} documents were rendered but {len(contents)} were read")
    return [_document(content, where, base) for content in contents]


def canonical(text: str, where: str) -> str:
    """Hand-written YAML or JSON in the canonical form: one JSON value a document, `List` kinds unfolded.

    Raises RenderError when the text is not YAML, has duplicate keys or values that JSON cannot hold.
    """
    try:
        objects = [item for content in load_all(text, where) if content is not None for item in _unfold(content)]
        return SEPARATOR.join(_json(item) + "\n" for item in objects)
    except (TypeError, ValueError) as error:
        raise RenderError(f"{where}: {error}; write it as plain strings, numbers, lists and maps") from error


def load_all(text: str, where: str) -> Iterator[Any]:
    """Every document of `text`; raises RenderError with the line where it is not YAML."""
    try:
        yield from yaml.load_all(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise RenderError(f"{where}:{line}: this is not YAML: {problem}") from error


def identity(content: Mapping[str, Any]) -> Identity:
    """The identity that `content` declares, with empty strings where it declares none."""
    metadata = content.get("metadata")
    given = metadata if isinstance(metadata, Mapping) else {}
    return Identity(*(str(part or "") for part in (
        content.get("apiVersion"), content.get("kind"), given.get("namespace"), given.get("name")
    )))  # fmt: skip


def _document(content: Any, where: str, base: Path) -> Document:
    if not isinstance(content, dict):
        raise RenderError(f"{where}: a document is {type(content).__name__}, not a Kubernetes object")
    origin = _annotations(content).get(ORIGIN)
    if origin is None:
        return Document(identity(content), content)
    return Document(identity(content), _without_origin(content), _origin(str(origin), base))


def _origin(annotation: str, base: Path) -> Path | None:
    """The file that an object was written in, or whose generator made it."""
    for line in annotation.splitlines():
        key, _, value = line.partition(": ")
        if key in ("path", "configuredIn"):
            return (base / value).resolve()
    return None


def _annotations(content: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = content.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return annotations if isinstance(annotations, Mapping) else {}


def _without_origin(content: Mapping[str, Any]) -> dict[str, Any]:
    metadata = dict(content["metadata"])
    kept = {key: value for key, value in metadata.pop("annotations").items() if key != ORIGIN}
    return {**content, "metadata": metadata | ({"annotations": kept} if kept else {})}


def _unfold(content: Any) -> Sequence[Any]:
    if isinstance(content, dict) and content.get("kind") == "List" and isinstance(content.get("items"), list):
        return [part for item in content["items"] for part in _unfold(item)]
    return [content]


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _NOT_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as Kubernetes reads it: dates stay text, a key may stand only once."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        if len(mapping) != len(node.value):
            key, mark = _repeated(node)
            raise yaml.constructor.ConstructorError(None, None, f"the key '{key}' stands twice", mark)
        return mapping


def _repeated(node: yaml.MappingNode) -> tuple[str, Any]:
    """The first key that stands for the second time, and where."""
    seen: set[str] = set()
    for key, _ in node.value:
        if key.value in seen:
            return key.value, key.start_mark
        seen.add(key.value)
    return node.value[-1][0].value, node.start_mark
