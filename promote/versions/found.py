"""The versions of an environment, wherever they are written, and byte-exact edits of all of these files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from promote.errors import EditRefused, nearest_images
from promote.model import Image, Version
from promote.versions.declared import edited
from promote.versions.images import ImagesFile
from promote.versions.insertion import inserted
from promote.versions.slots import Said, Slot

Wanted = Mapping[str, Image | Version]
Contents = Mapping[str, bytes]


@dataclass(frozen=True)
class Versions:
    """What an environment runs: its own `images:`, and images that are written elsewhere, by the slots that run them.

    `contents` are the files that say all this, with their bytes. `again` finds the versions that other contents have.
    `whole` says that all layers were read, not only those in the environment's folder.
    """

    own: ImagesFile
    slots: Sequence[Slot]
    contents: Contents
    again: Callable[[Mapping[str, bytes | None]], Versions] = field(repr=False)
    whole: bool = False

    @property
    def source(self) -> str:
        """The path of the environment's own kustomization."""
        return self.own.source

    @property
    def images(self) -> tuple[Image, ...]:
        """What runs: the items of the environment's own `images:` in their order, then what is written elsewhere."""
        elsewhere = {name: slots[0].image for name, slots in self._elsewhere.items() if name not in self.apart}
        own = [image for image in self.own.images if image.name not in elsewhere or image.version.is_set]
        return (*own, *(image for name, image in elsewhere.items() if name not in {one.name for one in own}))

    @cached_property
    def _elsewhere(self) -> dict[str, list[Slot]]:
        """By image name, the slots whose version is not set by an item of the environment's own `images:`."""
        found: dict[str, list[Slot]] = {}
        for slot in self.slots:
            by = slot.version_by
            if slot.image.version.is_set and (by is None or by.file != self.source):
                found.setdefault(slot.image.name, []).append(slot)
        return found

    @cached_property
    def apart(self) -> Mapping[str, tuple[str, ...]]:
        """By image name, where different versions of it are written, of which nobody can say which one is meant."""
        own = {image.name: image for image in self.own.images if image.version.is_set}
        found = {}
        for name, slots in self._elsewhere.items():
            versions = {slot.image.version for slot in slots} | {own[name].version for _ in [0] if name in own}
            if len(versions) > 1 or len({slot.image.repository for slot in slots}) > 1:
                found[name] = tuple(dict.fromkeys(line for slot in slots for line in slot.lines))
        return found

    @property
    def doubled(self) -> Mapping[str, str]:
        """By name, the images of which a version in newName and another one are rendered, each with why."""
        return {one.by.entry.image.name: str(one) for slot in self.slots if (one := slot.doubled)}

    @property
    def may_double(self) -> bool:
        """Whether another layer, which is not read yet, may have a version that goes behind one in a newName."""
        fields = [entry.texts for entry in self.own.entries.values() if entry.image.version.is_set]
        return not self.whole and any(not (each.get("newTag") or each.get("digest")) for each in fields)

    @property
    def settled(self) -> frozenset[str]:
        """What the environment's own `images:` gives a version, and bundles, which they cannot give one."""
        return self.bundles.union(image.name for image in self.own.images if image.version.is_set)

    @property
    def beneath(self) -> frozenset[str]:
        """What only other layers give a version, and an item of the environment's own `images:` would set."""
        found = self._elsewhere.items()
        return frozenset(name for name, slots in found if all(one.follows and not one.is_bundle for one in slots))

    @property
    def nameless(self) -> Mapping[str, tuple[str, ...]]:
        """By what promote calls it, where the version of an image is written without the name of the image.

        A chart or a configuration has a default for the name, so that nobody can say here which image it is.
        """
        slots = (slot for name in self._elsewhere for slot in self._elsewhere[name] if not slot.has_repository)
        return {slot.image.name: slot.lines for slot in slots}

    @property
    def bundles(self) -> frozenset[str]:
        """The names of bundles of manifests, not of images: charts, and bases in other repositories."""
        return frozenset(slot.called for slot in self.slots if slot.is_bundle)

    def lines(self, name: str) -> tuple[str, ...]:
        """Where the version of an image is written, as `file:line`."""
        entry = self.own.entries.get(name)
        own = []
        if entry and entry.image.version.is_set:
            own.append(f"{self.source}:{entry.line('newTag', 'digest', 'newName')}")
        return tuple(dict.fromkeys([*own, *(line for one in self._elsewhere.get(name, ()) for line in one.lines)]))

    def with_versions(self, wanted: Wanted, *, whole: bool = False) -> Versions:
        """The versions with those in `wanted` set and no other byte changed; the same object if nothing changes.

        An Image also sets `newName`. A place that has only a digest, or only a tag, gets only that. `whole` says that
        what has no digest in `wanted` never had one, as the past knows it: a digest next to a tag goes.
        Raises EditRefused where new texts in the present places cannot express exactly this.
        """
        self._insist_on_one_version(wanted)
        entries: dict[str, dict[str, Image | Version]] = {}
        spots: dict[str, list[tuple[Said, str]]] = {}
        for name, target in wanted.items():
            self._own_edits(name, target, entries)
            for slot in self._elsewhere.get(name, ()) if name not in self.apart else ():
                _slot_edits(slot, target, entries, spots, whole)
            if not any(name in some for some in entries.values()) and name not in self._elsewhere:
                known = (image.name for image in self.images)
                hint = nearest_images(name, known, "add an item for it to 'images', or use --add")
                raise EditRefused(f"{self.own.text.at(self.own.text.root)}: there is no image {name!r}; {hint}")
        changed = self._changed(entries, spots, whole)
        if not changed:
            return self
        if changed.keys() == {self.source} and not spots:
            own = ImagesFile.parse(changed[self.source], self.source)
            if not self.slots:
                return replace(self, own=own, contents={**self.contents, **changed})
        after = self.again(changed)
        self._insist_on_goal(after, wanted)
        return after

    def with_entries(self, images: Sequence[Image]) -> Versions:
        """The versions with those of `images` added to the environment's own `images:`, and no other byte changed.

        An item that has none yet gets it, and another name if that is asked for; everything else gets an item.
        """
        if not images:
            return self
        known = {one.name: replace(one, version=Version()) for one in images if one.name in self.own.entries}
        return self.again({self.source: inserted(self.own.with_versions(known), images)})

    def changes(self, before: Versions) -> dict[str, bytes]:
        """The files that are new since `before`."""
        return {path: data for path, data in self.contents.items() if before.contents.get(path) != data}

    def texts(self, before: Versions) -> dict[tuple[str, str], str]:
        """The texts that are new since `before`, except in containers: the image's name by the old and new text.

        A text that is copied into containers has no name: of images, only those that are planned may change with it.
        """
        found: dict[tuple[str, str], str] = {}
        for old, new in zip(before.slots, self.slots, strict=False):
            both = [role for role in new.said if role in old.said]
            moves = [(old.said[role].atom.text, new.said[role].atom.text) for role in both]
            if not old.is_container:
                moves.append((old.image.reference, new.image.reference))
                found |= {move: old.image.name for move in moves if move[0] != move[1]}
            elif old.is_copied:
                found = {move: "" for move in moves if move[0] != move[1]} | found
            elif old.is_source:
                found = dict.fromkeys(_copies(old.image, new.image), "") | found
        return found

    def _own_edits(self, name: str, target: Image | Version, entries: dict[str, dict[str, Image | Version]]) -> None:
        entry = self.own.entries.get(name)
        if entry is not None and (entry.image.version.is_set or name not in self._elsewhere):
            entries.setdefault(self.source, {})[name] = target
        elif entry is not None and isinstance(target, Image):
            now = entry.image
            entries.setdefault(self.source, {})[name] = replace(now, repository=target.repository)

    def _changed(
        self, entries: Mapping[str, Wanted], spots: Mapping[str, Sequence[tuple[Said, str]]], whole: bool
    ) -> dict[str, bytes]:
        changed: dict[str, bytes] = {}
        for path in dict.fromkeys((*entries, *spots)):
            data = self.contents[path]
            if path in spots:
                edits = [(said.atom.spot, text) for said, text in spots[path]]
                data = edited(data, path, edits)
            if path in entries:
                data = ImagesFile.parse(data, path).with_versions(entries[path], whole=whole).data
            if data != self.contents[path]:
                changed[path] = data
        return changed

    def _insist_on_one_version(self, wanted: Iterable[str]) -> None:
        own = {image.name for image in self.own.images if image.version.is_set}
        for name in wanted:
            if name in self.apart and name not in own:
                raise EditRefused(
                    f"{name} has different versions in {', '.join(self.apart[name])}: make them the same, or declare "
                    "each under `versions` in promote.yaml"
                )

    def _insist_on_goal(self, after: Versions, wanted: Wanted) -> None:
        """Raise EditRefused unless the new files say what is wanted, and of other images what they said before."""
        old, new = ({image.name: image for image in one.images} for one in (self, after))
        for name, image in old.items():
            target = wanted.get(name)
            version = target.version if isinstance(target, Image) else target
            as_meant = image == new.get(name) if version is None else name in new and _has(new[name], version)
            if not as_meant or old.keys() != new.keys():
                where = ", ".join(self.lines(name)) or self.source
                if version is None and name in new:
                    raise EditRefused(f"{where}: this is the version of {name}, too; name all images that share it")
                raise EditRefused(f"{where}: no edit was found that changes only {name}; change it by hand")


def _slot_edits(
    slot: Slot,
    target: Image | Version,
    entries: dict[str, dict[str, Image | Version]],
    spots: dict[str, list[tuple[Said, str]]],
    whole: bool,
) -> None:
    """Add what has to be edited so that a slot runs `target`."""
    version = target.version if isinstance(target, Image) else target
    if isinstance(target, Image) and target.repository != slot.image.repository:
        by = slot.name_by
        if by is None:
            at = slot.lines[0]
            raise EditRefused(
                f"{at}: {slot.image.name!r} has no newName to change to {target.repository!r}; add one by hand"
            )
        renamed = replace(by.entry.image, repository=target.repository)
        entries.setdefault(by.file, {})[by.entry.image.name] = renamed
    if slot.version_by:
        name = slot.version_by.entry.image.name
        now = entries.setdefault(slot.version_by.file, {}).get(name)
        entries[slot.version_by.file][name] = replace(now, version=version) if isinstance(now, Image) else version
        return
    for said, text in slot.edits(version, whole=whole):
        if said.atom.spot.text != text:
            spots.setdefault(said.file, []).append((said, text))


def _copies(old: Image, new: Image) -> list[tuple[str, str]]:
    """The old and new texts that a copy of an image, or of a part of it, may have."""
    one, other = old.version, new.version
    texts = [(old.reference, new.reference), (str(one), str(other)), (one.tag, other.tag), (one.digest, other.digest)]
    return [(before, after) for before, after in texts if before and after and before != after]


def _has(image: Image, wanted: Version) -> bool:
    now = image.version
    return wanted.tag in (now.tag, *([wanted.tag] if now.tag is None else [])) and now.digest in (None, wanted.digest)
