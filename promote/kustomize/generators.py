"""Where a kustomization itself sets a value: in an entry of `configMapGenerator`, `secretGenerator` or `replicas`.

A generator's entry sets a key by a literal, by a file, or by a line of a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from yaml.nodes import Node, ScalarNode

from promote.kustomize.patches import Layer
from promote.model import Document
from promote.yamltext import places
from promote.yamltext.places import Place

# https://github.com/kubernetes-sigs/kustomize/blob/kustomize/v5.8.1/api/internal/konfig/builtinpluginconsts/replicas.go
_COUNTED = ("Deployment", "ReplicationController", "ReplicaSet", "StatefulSet")


class Said(NamedTuple):
    """The file, and the place in it, that set a key's value."""

    file: Path
    place: Place


def counts(layer: Layer, document: Document, steps: Sequence[str]) -> Iterator[Said]:
    """The entries of `replicas:` in `layer` that set the number at `steps` of `document`."""
    if document.identity.kind not in _COUNTED or list(steps) != ["spec", "replicas"]:
        return
    for item in places.items(layer.root, "replicas"):
        count = places.field(item, "count")
        if count is not None and places.text(item, "name") in layer.names(document.identity.name):
            same = places.says(count, places.value_at(document.content, steps))
            yield Said(layer.file, Place(count.start_mark.line + 1, len(steps), True, same))


def origin(entry: Node, file: Path, steps: list[str], value: str) -> Said:
    """Where the `entry` in the kustomization `file` sets the value at `steps`, which is rendered as `value`.

    The place of the entry itself if it does not set this value.
    """
    key = steps[1] if len(steps) == 2 else ""  # noqa: PLR2004 data and the key in it
    return (
        _literal(entry, file, key, value)
        or _whole_file(entry, file, key, value)
        or _line_of_file(entry, file, key, value)
        or Said(file, Place(entry.start_mark.line + 1, 0))
    )


def _literal(entry: Node, file: Path, key: str, value: str) -> Said | None:
    for literal in places.items(entry, "literals"):
        name, _, text = str(literal.value).partition("=")
        if key and name == key:
            return Said(file, _place(literal.start_mark.line + 1, text == value))
    return None


def _whole_file(entry: Node, file: Path, key: str, value: str) -> Said | None:
    for item in places.items(entry, "files"):
        name, _, path = str(item.value).rpartition("=")
        if key and key == (name or Path(path).name):
            text = _text(file.parent / path)
            return Said(file.parent / path, _place(1, text == value, first=1)) if text is not None else None
    return None


def _line_of_file(entry: Node, file: Path, key: str, value: str) -> Said | None:
    single = places.field(entry, "env")
    for item in [*places.items(entry, "envs"), *([single] if isinstance(single, ScalarNode) else [])]:
        for number, line in enumerate((_text(file.parent / str(item.value)) or "").splitlines(), 1):
            name, _, text = line.strip().partition("=")
            if key and name == key:
                return Said(file.parent / str(item.value), _place(number, text == value))
    return None


def _place(line: int, same: bool, first: int = 0) -> Place:
    return Place(line, 2, True, same, first)


def _text(file: Path) -> str | None:
    try:
        return file.read_bytes().decode()
    except (OSError, ValueError):
        return None
