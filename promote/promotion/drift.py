"""In what two environments differ: by version and, on request, in everything that is rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from promote.errors import UsageError
from promote.kustomize import differences, render
from promote.kustomize.differences import Difference
from promote.kustomize.render import Rendered
from promote.model import Document, Image, Version
from promote.promotion import selection
from promote.repository.config import Environment
from promote.repository.workspace import Tree


@dataclass(frozen=True, slots=True)
class Apart:
    """One image that two environments have in different versions; None where one does not have it."""

    service: str
    image: str
    source: Version | None
    target: Version | None


@dataclass(frozen=True, slots=True)
class Drift:
    """What two environments differ in; `manifests` is None where nobody asked for it."""

    source: Environment
    target: Environment
    images: tuple[Apart, ...]
    manifests: tuple[Difference, ...] | None


def drift(tree: Tree, source: str, target: str, manifests: bool) -> Drift:
    """Compare two environments of one commit; raises UsageError where they are the same folder."""
    one, other = tree.environment(source), tree.environment(target)
    if one.path == other.path:
        raise UsageError(f"{source} and {target} are the same folder: name two environments")
    apart = _apart(tree.images(one), tree.images(other), tree.config.services)
    return Drift(one, other, tuple(apart), tuple(_rendered(tree, source, target)) if manifests else None)


def _apart(source: Sequence[Image], target: Sequence[Image], services: Mapping[str, Sequence[str]]) -> list[Apart]:
    here, there = ({image.name: image for image in images} for images in (source, target))
    found = []
    for name, image in (here | there).items():
        a, b = (images[name].version if name in images else None for images in (here, there))
        if a is None or b is None or not a.matches(b):
            found.append(Apart(selection.service_of(image, services), name, a, b))
    return found


def _rendered(tree: Tree, source: str, target: str) -> list[Difference]:
    """What differs other than images, once names of environments, namespaces and generated objects are alike."""
    one, other = map(_levelled, render.side_by_side(tree.folders((source, target))))
    return differences.others(differences.differences(one, other))


def _levelled(rendered: Rendered) -> list[Document]:
    """The documents with what always differs made the same: wherever it is a whole value, not a part of one."""
    known = rendered.documents
    spaces = {document.identity.namespace for document in known} - {""}
    names = {document.identity.name: document.identity.written_name for document in known}
    # Of several namespaces nobody can say which is which.
    names |= {rendered.name: "ENVIRONMENT"} | (dict.fromkeys(spaces, "NAMESPACE") if len(spaces) == 1 else {})

    def level(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: level(each) for key, each in value.items()}
        if isinstance(value, list):
            return [level(each) for each in value]
        return names.get(value, value) if isinstance(value, str) else value

    return [
        Document(replace(one.identity, namespace=level(one.identity.namespace), name=level(one.identity.name)),
                 level(one.content))
        for one in known
    ]  # fmt: skip
