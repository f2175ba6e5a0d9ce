"""What each container runs, and which bytes say so: values that patches and `images:` override, layer by layer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from promote.model import Image, Version, check_ref, check_tag
from promote.versions.atoms import CONTAINERS, Atom, Role
from promote.versions.fields import goal_of, split
from promote.versions.images import Entry
from promote.versions.spots import Path

# https://github.com/kubernetes-sigs/kustomize/blob/kustomize/v5.8.1/api/internal/konfig/builtinpluginconsts/images.go
_LOOKED_AT_TWICE = {
    (*above, containers, "image")
    for above in (("spec",), ("spec", "template", "spec"))
    for containers in ("containers", "initContainers")
}
# https://github.com/kubernetes-sigs/kustomize/blob/kustomize/v5.8.1/api/internal/image/image.go
_ANY_VERSION = r"(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?"
_VERSIONS: tuple[Role, ...] = ("reference", "tag", "digest")


@dataclass(frozen=True, slots=True)
class Said:
    """An atom, and the file that it is in."""

    file: str
    atom: Atom


@dataclass(frozen=True, slots=True)
class Setting:
    """An item of `images:`, and the file that it is in."""

    file: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Doubled:
    """An item of `images:` with a version in newName, behind which kustomize puts another one: what is `rendered`.

    `version` is that of the image that the item changes, if it has one, and `lines` are where it is written.
    """

    by: Setting
    version: Version
    lines: tuple[str, ...]
    rendered: str

    def __str__(self) -> str:
        """Where and why the rendered image is not the one that was meant, and what to write."""
        entry, meant = self.by.entry, self.by.entry.image.version
        fields = {"newTag": meant.tag, "digest": meant.digest}
        instead = " and ".join(f"'{field}: \"{text}\"'" for field, text in fields.items() if text)
        twice = "the name is not a new one: kustomize takes the item twice and renders"
        both = f"{', '.join(self.lines)} the version {self.version}: kustomize renders both,"
        return (
            f"{self.by.file}:{entry.line('newName')}: newName of {entry.image.name} has the version {meant}, and "
            f"{both if self.version.is_set else twice} {self.rendered}; write 'newName: {entry.image.repository}' "
            f"and {instead}"
        )


@dataclass(slots=True)
class Slot:
    """One image of an object: the atoms that say it, and the items of `images:` that change its version and its name.

    `names` are those that the object has in one of the layers. `follows` says that `images:` changes it. `called` is
    the name that promote.yaml gives it, or that of a bundle of manifests, not an image: a chart, or a base in another
    repository. `alias` is the name in a transformer, and the repository that it sets. `pointer` is `group` by
    position. `is_copied` says that the atoms are in another object, from which they are copied, and `is_source` that
    other fields get a copy of what it runs. `doubled` says why its version is not the one that is rendered.
    """

    kind: str
    names: frozenset[str]
    group: Path
    follows: bool
    said: dict[Role, Said] = field(default_factory=dict)
    version_by: Setting | None = None
    name_by: Setting | None = None
    called: str = ""
    is_bundle: bool = False
    alias: tuple[str, str] | None = None
    pointer: Path = ()
    is_copied: bool = False
    is_source: bool = False
    doubled: Doubled | None = None

    @property
    def written(self) -> Image:
        """What the atoms say, without `images:`; its name is the repository, or that of the object without one."""
        texts = {role: said.atom.text for role, said in self.said.items()}
        if "reference" in texts:
            repository, version = split(texts["reference"])
            before = self.said["reference"].atom.before.rstrip("=")
            return Image(self.called or before or repository, repository, version)
        repository = "/".join(texts[role] for role in ("registry", "repository") if texts.get(role))
        tag, _, digest = texts.get("tag", "").partition("@")
        version = Version(tag or None, texts.get("digest") or digest or None)
        name = self.called or repository or self._own_name
        return Image(name, repository or name, version)

    @property
    def image(self) -> Image:
        """What is rendered, with the name that promote calls it."""
        image = self.written
        if self.alias:
            image = Image(*self.alias, image.version)
        if self.name_by:
            image = replace(image, repository=self.name_by.entry.image.repository)
        if self.version_by:
            entry = self.version_by.entry.image
            image = replace(image, name=entry.name, version=entry.version)
        return image

    def edits(self, target: Version, *, whole: bool = False) -> list[tuple[Said, str]]:
        """The new texts with which the atoms say `target`, as far as they have a place for its tag and digest.

        With `whole`, a digest in the text of the tag goes where `target` has none. Raises EditRefused if something
        outdated would remain, and UsageError for an invalid tag or digest.
        """
        first = next(iter(self.said.values()))
        at = f"{first.file}:{first.atom.spot.line}"
        own = {role: self._text(role) for role in ("digest",) if role in self.said}
        # The version of a bundle in an address is a ref of Git.
        check = check_ref if self.is_bundle and first.atom.before else check_tag
        version = goal_of(at, own, self.written, target, whole=whole, check=check).version
        if said := self.said.get("reference"):
            return [(said, said.atom.saying(replace(self.written, version=version).reference))]
        inline = str(version) if "@" in self._text("tag") else version.tag or ""
        texts: dict[Role, str] = {"tag": inline, "digest": version.digest or ""}
        here = [(self.said[role], text) for role, text in texts.items() if role in self.said]
        return [(said, said.atom.saying(text)) for said, text in here]

    def _text(self, role: Role) -> str:
        return self.said[role].atom.text if role in self.said else ""

    @property
    def has_repository(self) -> bool:
        """Whether the name of the image is written, and not only its version."""
        return self.alias is not None or not self.said.keys().isdisjoint(("reference", "repository"))

    @property
    def text(self) -> Said | None:
        """The text that alone says what it is, and that may be copied; None where there is none."""
        if said := self.said.get("text"):
            return said
        is_alone = self.alias is None and self.version_by is None and self.name_by is None
        return self.said.get("reference") if is_alone else None

    @property
    def is_container(self) -> bool:
        """Whether it is the image of a container."""
        return not set(self.group).isdisjoint(CONTAINERS) and not self.called

    @property
    def lines(self) -> tuple[str, ...]:
        """Where its version is written, as `file:line`."""
        if self.version_by:
            return (f"{self.version_by.file}:{self.version_by.entry.line('newTag', 'digest', 'newName')}",)
        says = [said for role, said in self.said.items() if role in _VERSIONS]
        return tuple(f"{said.file}:{said.atom.spot.line}" for said in says)

    @property
    def places(self) -> frozenset[tuple[str, int]]:
        """The files and characters at which its atoms say the version."""
        atoms = ((role, said) for role, said in self.said.items() if self.version_by is None)
        return frozenset((said.file, said.atom.spot.start) for role, said in atoms if role in _VERSIONS)

    @property
    def _own_name(self) -> str:
        steps = [str(step) for step in self.group if step not in ("spec", "values", "source", "helm", "parameters")]
        steps = [step for step in steps if step not in ("image", "valuesObject") and not step.isdecimal()]
        return "/".join([min(self.names, key=len, default=self.kind), *steps])

    def is_of(self, kind: str, names: Iterable[str]) -> bool:
        """Whether it belongs to an object of this kind with one of these names."""
        return self.kind == kind and not self.names.isdisjoint(names)

    def say(self, said: Said) -> None:
        """Take what a patch says: items of `images:` further in do not count for it."""
        if said.atom.role == "reference":
            self.said.clear()
            self.alias, self.is_copied = None, False
        else:
            self.said.pop("reference", None)
        self.said[said.atom.role] = said
        self.version_by = self.name_by = self.doubled = None

    def set(self, setting: Setting) -> None:
        """Take what an item of `images:` sets, if it is about this image."""
        entry = setting.entry
        if not self.follows or not self.has_repository or not _is_called(self.image, entry.image.name):
            return
        if "newName" in entry.nodes:
            self.name_by = setting
        if entry.image.version.is_set:
            self.doubled = self._doubled(setting)
            self.version_by = setting

    def _doubled(self, setting: Setting) -> Doubled | None:
        """Whether kustomize keeps the version of this image next to the one in the newName of an item."""
        entry, now = setting.entry, self.image.version
        if entry.texts.get("newTag") or entry.texts.get("digest"):
            return None
        rendered = Image("", entry.texts["newName"], now).reference
        # Kustomize looks at these fields twice, and the second time it may see the same name again.
        steps = tuple(step for step in self.pointer if isinstance(step, str))
        if steps in _LOOKED_AT_TWICE and re.fullmatch(re.escape(entry.image.name) + _ANY_VERSION, rendered):
            rendered = Image("", entry.texts["newName"], split(rendered)[1]).reference
        return None if rendered == entry.image.reference else Doubled(setting, now, self.lines, rendered)

    def transform(self, alias: tuple[str, str], said: Mapping[Role, Said], *, is_copied: bool = False) -> None:
        """Take what a transformer sets: the repository and, if it says one, the version."""
        self.alias, self.name_by = alias, None
        if said:
            self.said, self.version_by, self.is_copied, self.doubled = dict(said), None, is_copied, None

    def copy(self, other: Slot) -> None:
        """Run what another container runs, however that is set."""
        self.said, self.alias, self.is_copied = dict(other.said), other.alias, other.is_copied
        self.version_by, self.name_by, self.doubled = other.version_by, other.name_by, other.doubled


def _is_called(image: Image, name: str) -> bool:
    """Whether kustomize takes an item of this `name` for `image`: a name may have the tag or the version, too."""
    tagged = f"{image.repository}:{image.version.tag}" if image.version.tag else image.repository
    return name in (image.repository, tagged, image.reference)
