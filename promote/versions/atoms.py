"""What an object says of images: in containers, in the values of Helm, and in Applications of Argo CD."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from promote.versions.fields import split
from promote.versions.spots import Path, Region, Sheet, Spot, children
from promote.yamltext import places

# A "text" is what may be copied into an image, and not one itself.
Role: TypeAlias = Literal["reference", "registry", "repository", "tag", "digest", "text"]
CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_ROLES: tuple[Role, ...] = ("registry", "repository", "tag", "digest")
_RELEASE = ("HelmRelease",)
_APPLICATION = ("Application", "ApplicationSet")
_PATTERN = re.compile(r"[*!|]")  # of a policy about images, such as `!*:latest` of Kyverno: it names none
_NO_OBJECTS = ("CustomResourceDefinition",)  # a schema of containers has none


@dataclass(frozen=True, slots=True)
class Atom:
    """A scalar of an object that says an image, or a part of one.

    `group` are the steps in the object to what the parts of one image have in common, list items by name; `pointer`
    are those to the scalar, by position. `before` and `after` are what its text has around it, such as `name=`.
    """

    group: Path
    pointer: Path
    role: Role
    spot: Spot
    before: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        """What it says of the image."""
        return self.spot.text.removeprefix(self.before).removesuffix(self.after)

    def saying(self, text: str) -> str:
        """The text of the scalar that says `text` of the image."""
        return self.before + text + self.after


@dataclass(frozen=True, slots=True)
class Place:
    """A node that is looked at: in `region`, at `path`, which is at `pointer` in its object, and `named` by names."""

    sheet: Sheet
    region: Region
    node: Node
    path: Path
    pointer: Path = ()
    named: Path = ()

    def below(self) -> Iterator[Place]:
        """What is directly in it."""
        for key, node in children(self.node):
            name = places.text(node, "name") if isinstance(key, int) else ""
            yield Place(
                self.sheet, self.region, node, (*self.path, key), (*self.pointer, key), (*self.named, name or key)
            )

    def at(self, *keys: str) -> Place | None:
        """What is at the end of `keys` in it."""
        here: Place | None = self
        for key in keys:
            here = next((one for one in here.below() if one.pointer[-1] == key), None) if here else None
        return here

    @property
    def spot(self) -> Spot | None:
        """The scalar, if an edit can change it."""
        return self.sheet.spot(self.node, self.path, self.region)

    @property
    def inside(self) -> Iterator[Place]:
        """The documents in its text, if it is the text of YAML."""
        region = self.sheet.region(self.node, self.path) if self.region is self.sheet.whole else None
        for number, node in enumerate(region.roots if region else ()):
            yield Place(self.sheet, region or self.region, node, (number,), self.pointer, self.named)


def documents(sheet: Sheet) -> Iterator[Place]:
    """The documents of a file."""
    for number, root in enumerate(sheet.whole.roots):
        yield Place(sheet, sheet.whole, root, (number,))


def items(at: Place | None) -> Iterator[Place]:
    """The items of a list; nothing of anything else."""
    if at is not None and isinstance(at.node, SequenceNode):
        yield from at.below()


def alone(at: Place) -> Place:
    """A place as the object that it is, and not as a part of another one."""
    return Place(at.sheet, at.region, at.node, at.path)


def of_object(kind: str, at: Place, fields: Mapping[Path, Role]) -> Iterator[Atom]:
    """What the object of `kind` at a place says of images, also in a part of an object, such as a patch.

    `fields` are further paths, to images as `configurations:` names them, or to texts that are copied; they match
    list items at any position.
    """
    if kind in _RELEASE:
        yield from _values_within(at, ("spec", "values"))
    elif kind in _APPLICATION:
        yield from _sources(at)
    elif kind not in _NO_OBJECTS:
        yield from _containers(at)
        yield from _configured(at, fields)


def _containers(at: Place) -> Iterator[Atom]:
    """The images of all containers at or below a place, as kustomize looks for them: in any object."""
    waiting = [at]
    while waiting:
        here = waiting.pop()
        pointer = here.pointer
        if isinstance(here.node, MappingNode) and set(pointer[-2:-1]) & set(CONTAINERS):
            image = here.at("image")
        else:
            # An operation of a patch may set the image alone.
            is_image = here is at and pointer[-1:] == ("image",) and bool(set(pointer[-3:-2]) & set(CONTAINERS))
            image = here if is_image else None
        if image is not None and (spot := image.spot) and not _PATTERN.search(spot.text):
            yield Atom(image.named, image.pointer, "reference", spot)
        waiting += reversed(list(here.below()))


def _configured(at: Place, fields: Mapping[Path, Role]) -> Iterator[Atom]:
    waiting = [at] if fields else []
    while waiting:
        here = waiting.pop()
        steps = tuple(step for step in here.pointer if isinstance(step, str))
        if steps in fields and (spot := here.spot):
            yield Atom(here.named, here.pointer, fields[steps], spot)
        waiting += here.below()


def _values_within(at: Place, top: Path) -> Iterator[Atom]:
    """The images in the values of Helm that are at `top` of an object."""
    depth = len(at.pointer)
    if depth < len(top):
        keys = [str(step) for step in top[depth:]]
        below = at.at(*keys) if at.pointer == top[:depth] else None
        yield from of_values(below) if below else ()
    elif at.pointer[: len(top)] == top:
        yield from of_values(at)


def of_values(at: Place) -> Iterator[Atom]:
    """Tags, digests and repositories that are next to one another, and whole references at `image`."""
    waiting = [at]
    while waiting:
        here = waiting.pop()
        if isinstance(here.node, ScalarNode):
            yield from _value(here)
        waiting += reversed(list(here.below()))


def _value(here: Place) -> Iterator[Atom]:
    *above, last = here.pointer
    spot = here.spot
    if spot is None:
        return
    for role in _ROLES:
        is_of_image = role in ("tag", "digest") or (above and "image" in str(above[-1]).lower())
        if last == role and is_of_image:
            yield Atom(here.named[:-1], here.pointer, role, spot)
    if last == "image" and split(spot.text)[1].tag:
        yield Atom(here.named, here.pointer, "reference", spot)


def _sources(at: Place) -> Iterator[Atom]:
    """The images that the sources of an Application set."""
    spec = at.at("spec", "template", "spec") or at.at("spec")
    several = spec.at("sources") if spec else None
    for source in filter(None, [spec.at("source") if spec else None, *items(several)]):
        for image in items(source.at("kustomize", "images")):
            yield from _kustomize_image(image)
        yield from _helm(source)


def _kustomize_image(at: Place) -> Iterator[Atom]:
    """`name=repository:tag`, or the same without a name."""
    name, equals, _ = str(at.node.value).partition("=")
    if isinstance(at.node, ScalarNode) and (spot := at.spot):
        named = name if equals else split(name)[0]
        yield Atom((*at.named[:-1], named), at.pointer, "reference", spot, f"{name}=" if equals else "")


def _helm(source: Place) -> Iterator[Atom]:
    """The three ways in which an Application gives values to Helm."""
    if values := source.at("helm", "valuesObject"):
        yield from of_values(values)
    if values := source.at("helm", "values"):
        for document in values.inside:
            yield from of_values(document)
    for parameter in items(source.at("helm", "parameters")):
        yield from _parameter(parameter)


def _parameter(at: Place) -> Iterator[Atom]:
    value, steps = at.at("value"), places.text(at.node, "name").split(".")
    spot = value.spot if value else None
    if value is None or spot is None:
        return
    group = (*at.named[:-1], *steps)
    for role in _ROLES:
        if steps[-1] == role:
            yield Atom(group[:-1], value.pointer, role, spot)
    if steps[-1] == "image" and split(spot.text)[1].tag:
        yield Atom(group, value.pointer, "reference", spot)
