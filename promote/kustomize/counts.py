"""Where a kustomization sets a number of replicas: in `replicas:`, or by a ReplicaCountTransformer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from yaml.nodes import Node, ScalarNode

from promote.kustomize import documents, patches
from promote.kustomize.files import at
from promote.kustomize.generators import Said
from promote.kustomize.patches import Layer
from promote.model import Document
from promote.yamltext import places
from promote.yamltext.places import Place

_KIND = "ReplicaCountTransformer"
# https://github.com/kubernetes-sigs/kustomize/blob/kustomize/v5.8.1/api/internal/konfig/builtinpluginconsts/replicas.go
_KINDS = ("Deployment", "ReplicationController", "ReplicaSet", "StatefulSet")


def said(layer: Layer, document: Document, steps: Sequence[str]) -> Iterator[Said]:
    """What in `layer` sets the number at `steps` of `document`, the last one first."""
    for file, offset, node in reversed(list(_transformers(layer))):
        specs = places.items(node, "fieldSpecs")
        if any(_is_at(spec, document.identity.kind, steps) for spec in specs):
            yield from _count(layer, file, offset, places.field(node, "replica"), document, steps)
    if document.identity.kind in _KINDS and list(steps) == ["spec", "replicas"]:
        for item in places.items(layer.root, "replicas"):
            yield from _count(layer, layer.file, 0, item, document, steps)


def _transformers(layer: Layer) -> Iterator[tuple[Path, int, Node]]:
    """Each one that sets replicas: its file, the line before its text, and its node."""
    for item in places.items(layer.root, "transformers"):
        if not isinstance(item, ScalarNode):
            continue
        if "\n" in item.value:
            file, offset, nodes = layer.file, item.start_mark.line + (item.style == "|"), documents.nodes(item.value)
        else:
            file, offset = at(layer.file.parent, item.value) or layer.file.parent, 0
            nodes = patches.read(file) if file.is_file() else []
        yield from ((file, offset, node) for node in nodes if places.text(node, "kind") == _KIND)


def _is_at(spec: Node, kind: str, steps: Sequence[str]) -> bool:
    return places.text(spec, "kind") in ("", kind) and places.text(spec, "path") == "/".join(steps)


def _count(
    layer: Layer, file: Path, offset: int, node: Node | None, document: Document, steps: Sequence[str]
) -> Iterator[Said]:
    count = places.field(node, "count")
    if count is not None and places.text(node, "name") in layer.names(document.identity.name):
        same = places.says(count, places.value_at(document.content, steps))
        yield Said(file, Place(count.start_mark.line + 1 + offset, len(steps), True, same))
