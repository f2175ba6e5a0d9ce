"""Kubernetes manifests as documents: split, read and brought into one canonical form.

Rendered manifests come from kustomize in one canonical form. Files written by hand are first brought
into such a form, because the programs that check them all split and decode YAML differently: one that
stops at a separator with a comment would not check anything after it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from promote.errors import RenderError
from promote.model import Document, Identity
from promote.yamltext import places, reader

SEPARATOR = "---\n"
_TOP_LEVEL = re.compile(r"^(apiVersion|kind): *(.*\S)", re.MULTILINE)


def kinds(text: str) -> set[tuple[str, str]]:
    """Every (apiVersion, kind) in canonical `text`, found without parsing its YAML."""
    return {_kind(chunk) for chunk in split(text)}


def _kind(chunk: str) -> tuple[str, str]:
    if chunk.startswith("{"):
        who = identity(reader.from_json(chunk))
        return who.api_version, who.kind
    top = dict(reversed(_TOP_LEVEL.findall(chunk)))
    return top.get("apiVersion", "").strip("\"'"), top.get("kind", "").strip("\"'")


def split(text: str) -> list[str]:
    """The documents of canonical `text`, as text."""
    return [chunk for chunk in re.split(r"^---\n", text, flags=re.MULTILINE) if chunk.strip()]


def read(text: str, where: str) -> list[Document]:
    """Parse canonical `text`; raises RenderError when a document is not a Kubernetes object, or when one is lost."""
    contents = [content for content in reader.load_all(text, where) if content is not None]
    expected = len(split(text))
    if len(contents) != expected:
        raise RenderError(f"{where}: {expected} documents were rendered but {len(contents)} were read")
    return [Document(identity(content), content) for content in contents]


def canonical(text: str, where: str) -> list[str]:
    """Every object of hand-written YAML or JSON as one line of JSON, `List` kinds unfolded.

    Raises RenderError, with the line, for invalid YAML, duplicate keys, and values that JSON cannot express.
    """
    try:
        contents = [content for content in reader.load_all(text, where) if content is not None]
        items = [item for content in contents for item in _unfold(content)]
        if odd := [type(item).__name__ for item in items if not isinstance(item, dict)]:
            raise RenderError(
                f"{where}: an item of a List has the type {odd[0]}, but a Kubernetes object is a mapping"
            )
        return [reader.json_text(item) for item in items]
    except (TypeError, ValueError) as error:
        raise RenderError(f"{where}: {error}; use only strings, finite numbers, booleans, lists and maps") from error


def nodes(text: str) -> list[yaml.Node]:
    """The root node of every object in `text`, `List` kinds unfolded; none where the text is not YAML."""
    return [node for root in reader.roots(text) for node in _unfold_node(root)]


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
