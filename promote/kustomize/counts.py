"""Where a kustomization sets a number of replicas by an entry of `replicas:`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promote.kustomize.generators import Said
from promote.kustomize.patches import Layer
from promote.model import Document
from promote.yamltext import places
from promote.yamltext.places import Place

# https://github.com/kubernetes-sigs/kustomize/blob/kustomize/v5.8.1/api/internal/konfig/builtinpluginconsts/replicas.go
_KINDS = ("Deployment", "ReplicationController", "ReplicaSet", "StatefulSet")


def said(layer: Layer, document: Document, steps: Sequence[str]) -> Iterator[Said]:
    """The entries of `layer` that set the number at `steps` of `document`."""
    if document.identity.kind not in _KINDS or list(steps) != ["spec", "replicas"]:
        return
    for item in places.items(layer.root, "replicas"):
        count = places.field(item, "count")
        if count is not None and places.text(item, "name") in layer.names(document.identity.name):
            same = places.says(count, places.value_at(document.content, steps))
            yield Said(layer.file, Place(count.start_mark.line + 1, len(steps), True, same))
