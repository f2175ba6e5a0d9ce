"""Transformers of kustomize that set images, `ImageTagTransformer`, in files that `transformers:` names or inline."""

from __future__ import annotations

from collections.abc import Iterator

from yaml.nodes import ScalarNode

from promote.kustomize.layer import Layer
from promote.versions.atoms import Atom, Place, Role, alone, documents
from promote.versions.fields import split
from promote.versions.slots import Said, Slot
from promote.yamltext import places

FIELD, KIND = "transformers", "ImageTagTransformer"
_WITHOUT_VERSIONS = (
    "AnnotationsTransformer", "HashTransformer", "LabelTransformer", "LegacyOrderTransformer", "NamespaceTransformer",
    "PrefixTransformer", "SuffixTransformer", "PrefixSuffixTransformer", "ReplicaCountTransformer",
    "SortOrderTransformer",
)  # fmt: skip
_ROLES: tuple[tuple[str, Role], ...] = (("newTag", "tag"), ("digest", "digest"))


def apply(layer: Layer, slots: list[Slot]) -> None:
    """Set what the transformers of a kustomization set, after everything else in it."""
    for body in _bodies(layer):
        tag = body.at("imageTag")
        name = places.text(tag.node, "name") if tag else ""
        if tag is None or not name:
            continue
        said = dict(_said(tag))
        repository = split(places.text(tag.node, "newName") or name)[0]
        mine = [slot for slot in slots if slot.follows and slot.image.repository == name]
        if said and not mine:
            mine = [Slot(KIND, frozenset([name]), (), True)]
            slots += mine
        for slot in mine:
            slot.transform((name, repository), said)
        layer.files.update(dict.fromkeys(one.file for one in said.values()))


def are_followed(layer: Layer) -> bool:
    """Whether all that the transformers of a kustomization say of versions is read here."""
    for item in layer.items(FIELD):
        bodies = list(_of(layer, item))
        if not bodies or not all(_is_followed(body) for body in bodies):
            return False
    return True


def _is_followed(body: Place) -> bool:
    kind = places.text(body.node, "kind")
    if kind != KIND or places.text(body.node, "apiVersion") != "builtin":
        return kind in _WITHOUT_VERSIONS
    tag = body.at("imageTag")
    fields = [key for key, _ in _ROLES if tag is not None and tag.at(key) is not None]
    return (
        tag is not None
        and len(dict(_said(tag))) == len(fields)
        and not split(places.text(tag.node, "newName"))[1].is_set
    )


def _bodies(layer: Layer) -> Iterator[Place]:
    for item in layer.items(FIELD):
        for body in _of(layer, item):
            if places.text(body.node, "kind") == KIND and places.text(body.node, "apiVersion") == "builtin":
                yield body


def _of(layer: Layer, item: Place) -> Iterator[Place]:
    """The transformers that an item of the list names, or is."""
    text = str(item.node.value) if isinstance(item.node, ScalarNode) else ""
    if "\n" in text:
        yield from map(alone, item.inside)
    elif sheet := layer.read(text):
        yield from documents(sheet)


def _said(tag: Place) -> Iterator[tuple[Role, Said]]:
    for key, role in _ROLES:
        at = tag.at(key)
        if at is not None and (spot := at.spot):
            yield role, Said(at.sheet.source, Atom((), at.pointer, role, spot))
