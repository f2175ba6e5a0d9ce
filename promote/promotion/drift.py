"""In what two environments differ: by version and, on request, in everything that is rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from promote.changes import pair, renames, selection, settings, unsettled
from promote.errors import UsageError
from promote.gates.protocol import History
from promote.kustomize import differences, render
from promote.kustomize.differences import Difference
from promote.kustomize.render import Rendered
from promote.model import Document, Image, Version
from promote.repository.environments import Environment
from promote.repository.tree import Tree


@dataclass(frozen=True, slots=True)
class Apart:
    """One image that two environments have in different versions or names; None where one does not have it."""

    service: str
    image: str
    source: Version | None
    target: Version | None
    repositories: tuple[str, str] | None = None

    @property
    def is_in_name_only(self) -> bool:
        """Whether both have the same version under different names."""
        return self.repositories is not None and _is_same(self.source, self.target)


@dataclass(frozen=True, slots=True)
class Drift:
    """What two environments differ in; `manifests` is None where nobody asked for it.

    `unmoved` says in what they differ that no promotion can move; `is_empty` is whether neither has a version.
    `unused` are, by environment, the items of its `images:` that match nothing, and `several` the images that have
    several versions in it, each with where these are written. `notes` say what may differ though it is the same text.
    """

    source: Environment
    target: Environment
    images: tuple[Apart, ...]
    manifests: tuple[Difference, ...] | None
    unmoved: tuple[str, ...] = ()
    is_empty: bool = False
    unused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    several: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def drift(tree: Tree, source: str, target: str, manifests: bool, history: Callable[[], History]) -> Drift:
    """Compare two environments of one commit; raises UsageError where they are the same folder.

    Names that a promotion would leave, such as those of a registry for each environment, are in the notes only: the
    `history` decides, as it does there.
    """
    there, here = tree.environment(source), tree.environment(target)
    if there.path == here.path:
        raise UsageError(f"{source} and {target} are the same folder: name two environments")
    both = pair.read(tree, there, here)
    # An image with several versions in one of them is not absent there. The list of what cannot be moved names it.
    several = both.there.apart.keys() | both.here.apart.keys()
    source_images, target_images = (
        [one for one in versions.images if one.name not in several] for versions in (both.there, both.here)
    )
    unmoved = pair.unmoved(both)
    unclear = unsettled.between(both, unmoved.names)
    waiting = settings.waiting(both, {image.name for image in both.here.images})
    found = {one.image: one for one in _apart(source_images, target_images, tree.config.services)}
    called = {one.name: one for one in target_images}
    kept = [
        (image, called[image.name])
        for image in source_images
        if (one := found.get(image.name))
        and one.is_in_name_only
        and renames.is_kept(called[image.name], there.name, history())
    ]
    kept_names = {image.name for image, _ in kept}
    return Drift(
        there,
        here,
        tuple(one for one in found.values() if one.image not in kept_names),
        tuple(_rendered(tree, source, target)) if manifests else None,
        (*unmoved.lines, *unclear.lines, *waiting),
        both.is_empty,
        unused={one.name: names for one in (there, here) if (names := tree.unmatched(one))},
        several={one.name: read.apart for one, read in ((there, both.there), (here, both.here)) if read.apart},
        notes=(*renames.about_kept(kept, there.name, here.name), *unclear.notes),
    )


def _apart(source: Sequence[Image], target: Sequence[Image], services: Mapping[str, Sequence[str]]) -> list[Apart]:
    there, here = ({image.name: image for image in images} for images in (source, target))
    found = []
    for name, image in (there | here).items():
        of_source, of_target = (images[name].version if name in images else None for images in (there, here))
        is_renamed = name in there and name in here and there[name].repository != here[name].repository
        names = (there[name].repository, here[name].repository) if is_renamed else None
        if names or not _is_same(of_source, of_target):
            found.append(Apart(selection.service_of(image, services), name, of_source, of_target, names))
    return found


def _is_same(one: Version | None, other: Version | None) -> bool:
    return one == other or (one is not None and other is not None and one.matches(other))


def _rendered(tree: Tree, source: str, target: str) -> list[Difference]:
    """What differs other than images, once names of environments, namespaces and generated objects are alike."""
    one, other = map(_levelled, render.side_by_side(tree.folders((source, target))))
    return differences.others(differences.differences(one, other))


def _levelled(rendered: Rendered) -> list[Document]:
    """The documents with what always differs made the same: wherever it is a whole value, not a part of one."""
    known = rendered.documents
    spaces = {document.identity.namespace for document in known} - {""}
    names = {document.identity.name: document.identity.written_name for document in known}
    # With several namespaces, it is not known which corresponds to which.
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
