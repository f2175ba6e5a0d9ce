"""Follows what kustomize does to images through all layers of a folder, in its order, without rendering anything.

Files are only read. What cannot be followed is left out: whoever edits what was found here renders the result, and
compares it with what was meant.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from posixpath import join, normpath
from typing import TypeAlias

from yaml.nodes import Node, ScalarNode, SequenceNode

from promote.kustomize import charts, generated, image_transformers, remote_bases, replacements, selectors
from promote.kustomize.fields import PATCHES
from promote.kustomize.layer import Layer, is_within, says_version
from promote.kustomize.sheets import Sheets
from promote.versions import atoms
from promote.versions.atoms import Atom, Place, Role, alone, documents
from promote.versions.slots import Said, Setting, Slot
from promote.versions.spots import Path, Sheet
from promote.yamltext import places
from promote.yamltext.scalars import STRING

_HINTS = (b"image", b"HelmRelease", b"Application")
_BASES = ("resources", "bases")
_MOST_FOLDERS = 2_000  # as often as they are named
_DEEPEST = 100  # folders that build on one another


# A kind of objects, the keys to a field of them, and what that says.
_Field: TypeAlias = tuple[str, Path, Role]


@dataclass(slots=True)
class _Layers:
    sheets: Sheets
    within: str | None
    with_images: bool = True
    files: dict[str, None] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    built: int = 0
    copies: bool = False
    unfollowed: dict[tuple[str, ...], tuple[str, str]] = field(default_factory=dict)

    def build(self, folder: str, slots: list[Slot], fields: Sequence[_Field] = ()) -> None:
        """Add the images of the kustomization in `folder` to `slots`; a component changes those that are there.

        `fields` are those with images that layers further out configure.
        """
        is_too_much = self.built > _MOST_FOLDERS or len(self.waiting) > _DEEPEST
        if is_too_much or folder in self.waiting or not self._is_asked(folder):
            return
        file = self.sheets.kustomization(folder)
        sheet = self.sheets.sheet(file) if file else None
        if file is None or sheet is None or not sheet.whole.roots:
            return
        self.files[file] = None
        self.built += 1
        self.waiting.append(folder)
        self._layer(Layer(self.sheets, folder, sheet, self.within, self.files), slots, fields)
        self.waiting.pop()

    def _layer(self, layer: Layer, slots: list[Slot], outer: Sequence[_Field]) -> None:
        """What one kustomization does, in kustomize's order."""
        root = layer.root.node
        fields = [*outer, *self._configured(layer), *self._copied(layer)]
        for name in [name for key in _BASES for name in _texts(root, key)]:
            inner: list[Slot] = []
            self._resource(normpath(join(layer.folder, name)), inner, fields)
            slots += inner
        generated.apply(layer, slots, [str(keys[-1]) for _, keys, role in fields if role == "text"])
        for name in _texts(root, "components"):
            self.build(normpath(join(layer.folder, name)), slots, fields)
        slots += remote_bases.slots(layer) + charts.slots(layer)
        for chart, text, where in charts.others(layer):
            self.unfollowed.setdefault(chart, (text, where))
        for patch in self._patches(layer, _hints(fields)):
            patch.apply(slots, fields)
        prefix, suffix = places.text(root, "namePrefix"), places.text(root, "nameSuffix")
        for slot in slots if prefix or suffix else ():
            slot.names |= {prefix + name + suffix for name in slot.names}
        images = self.sheets.images(layer.sheet.source) if self.with_images else None
        for entry in images.entries.values() if images else ():
            for slot in slots:
                slot.set(Setting(layer.sheet.source, entry))
        replacements.apply(layer, slots)
        image_transformers.apply(layer, slots)

    def _is_asked(self, path: str) -> bool:
        return is_within(path, self.within)

    def _resource(self, path: str, slots: list[Slot], fields: Sequence[_Field]) -> None:
        if not self._is_asked(path):
            return
        if not self.sheets.is_file(path):
            self.build(path, slots, fields)
        elif sheet := self.sheets.sheet(path, _hints(fields)):
            for at in objects(sheet):
                kind, name = _who(at.node)
                for atom in atoms.of_object(kind, at, _of_kind(fields, kind)):
                    self.files[path] = None
                    _add(slots, kind, name, Said(path, atom))

    def _configured(self, layer: Layer) -> list[_Field]:
        """The fields with images that the files of `configurations:` name, with the kind of their objects."""
        found: list[_Field] = []
        for name in _texts(layer.root.node, "configurations"):
            sheet = layer.read(name)
            if sheet:
                self.files[sheet.source] = None
            for node in sheet.whole.roots if sheet else ():
                for item in places.items(node, "images"):
                    steps = tuple(step.removesuffix("[]") for step in places.text(item, "path").split("/") if step)
                    found.append((places.text(item, "kind"), steps, "reference"))
        return found

    def _copied(self, layer: Layer) -> list[_Field]:
        """The fields that `replacements` of a kustomization, and of its components, copy into images."""
        found: list[_Field] = []
        waiting, seen = [layer], {layer.folder}
        while waiting:
            here = waiting.pop()
            entries = replacements.of_images(here)
            self.copies = self.copies or bool(entries)
            found += [(kind, keys, "text") for kind, keys in replacements.sources(entries)]
            for name in _texts(here.root.node, "components"):
                folder = normpath(join(here.folder, name))
                file = self.sheets.kustomization(folder) if self._is_asked(folder) and folder not in seen else None
                sheet = self.sheets.sheet(file) if file else None
                if sheet is not None and sheet.whole.roots:
                    seen.add(folder)
                    waiting.append(Layer(self.sheets, folder, sheet, self.within, self.files))
        return found

    def _patches(self, layer: Layer, hints: Sequence[bytes]) -> Iterator[_Patch]:
        """The patches of a kustomization in the order in which kustomize applies them."""
        for key in PATCHES:
            for item in layer.items(key):
                target = places.field(item.node, "target")
                inline = item if isinstance(item.node, ScalarNode) and "\n" in item.node.value else item.at("patch")
                if inline is not None:
                    yield from (
                        _Patch(inline.sheet.source, alone(body), target, self.files) for body in inline.inside
                    )
                    continue
                name = item.node.value if isinstance(item.node, ScalarNode) else places.text(item.node, "path")
                if file := layer.read(str(name), hints):
                    yield from (_Patch(file.source, body, target, self.files) for body in documents(file))


@dataclass(frozen=True, slots=True)
class _Patch:
    file: str
    body: Place
    target: Node | None
    files: dict[str, None]

    def apply(self, slots: list[Slot], fields: Sequence[_Field]) -> None:
        """Change what the patch says images of; what it adds is added."""
        if isinstance(self.body.node, SequenceNode):
            self._operations(slots, fields)
            return
        kind, name = _who(self.body.node)
        for atom in atoms.of_object(kind, self.body, _of_kind(fields, kind)):
            self.files[self.file] = None
            said, groups = Said(self.file, atom), [one for one in slots if one.group == atom.group]
            if self.target is not None:
                found = [one for one in groups if self._selects(one)]
            else:
                found = [one for one in groups if one.is_of(kind, [name])]
            for slot in found:
                slot.say(said)
            if not found:
                _add(slots, kind, name, said)

    def _operations(self, slots: list[Slot], fields: Sequence[_Field]) -> None:
        for operation in self.body.below():
            value, pointer = operation.at("value"), places.text(operation.node, "path")
            if value is None or places.text(operation.node, "op") not in ("add", "replace"):
                continue
            kind = places.text(self.target, "kind")
            steps = tuple(int(step) if step.isdecimal() else step for step in places.parts(pointer))
            at = Place(value.sheet, value.region, value.node, value.path, steps, steps)
            for atom in atoms.of_object(kind, at, _of_kind(fields, kind)):
                self.files[self.file] = None
                said = Said(self.file, atom)
                found = [one for one in slots if self._selects(one) and _writes(one, atom)]
                for slot in found:
                    slot.say(said)
                if not found:
                    _add(slots, kind, places.text(self.target, "name"), said)

    def _selects(self, slot: Slot) -> bool:
        """Whether the target may select the object of a slot; labels are not looked at."""
        kind, name = places.text(self.target, "kind"), places.text(self.target, "name")
        return _matches(kind, {slot.kind}) and _matches(name, slot.names)


def is_plain(sheets: Sheets, folder: str) -> bool:
    """Whether only `images:` of the kustomization in `folder` says versions, as far as files in it are concerned."""
    path = sheets.kustomization(folder)
    sheet = sheets.sheet(path) if path else None
    if sheet is None or not sheet.whole.roots:
        return True
    items = places.items(sheet.whole.roots[0], "images")
    if not items or not all(map(says_version, items)):
        return False
    layers, found = _Layers(sheets, folder, with_images=False), list[Slot]()
    layers.build(folder, found)
    return not found and not layers.copies


def slots(sheets: Sheets, folder: str, within: str | None = None) -> tuple[list[Slot], tuple[str, ...], bool]:
    """The images of all objects that the kustomization in `folder` renders, the files that say them, and whether all
    layers were read.

    With `within`, only files in that folder are read, unless these copy texts into images of any layer.
    """
    layers, found = _Layers(sheets, within), list[Slot]()
    layers.build(folder, found)
    if within is not None and layers.copies:
        return slots(sheets, folder)
    return [slot for slot in found if "text" not in slot.said], tuple(layers.files), within is None


def unfollowed(sheets: Sheets, folder: str) -> dict[tuple[str, ...], tuple[str, str]]:
    """What all layers of a folder say of charts that may be versions but has no slot: text and place, by keys."""
    layers = _Layers(sheets, None)
    layers.build(folder, [])
    return layers.unfollowed


def objects(sheet: Sheet) -> Iterator[Place]:
    """The objects in a file, those of lists one by one."""
    waiting = list(documents(sheet))[::-1]
    while waiting:
        at = waiting.pop()
        items = at.at("items") if places.text(at.node, "kind").endswith("List") else None
        if items is None:
            yield at
        for item in reversed(list(items.below() if items else ())):
            waiting.append(alone(item))


def _add(slots: list[Slot], kind: str, name: str, said: Said) -> None:
    """Give a slot one more atom, or add a slot with it."""
    atom = said.atom
    there = next((one for one in slots if one.group == atom.group and one.is_of(kind, [name])), None)
    if there is not None and atom.role not in there.said:
        there.said[atom.role] = said
        return
    follows = kind not in ("HelmRelease", "Application", "ApplicationSet")
    slots.append(Slot(kind, frozenset([name]), atom.group, follows, {atom.role: said}, pointer=atom.pointer))


def _writes(slot: Slot, atom: Atom) -> bool:
    """Whether an operation writes a part of the image of a slot."""
    pointers = [said.atom.pointer for said in slot.said.values()]
    if atom.role == "text" or "text" in slot.said:
        return atom.role in slot.said and atom.pointer in pointers
    return atom.pointer in pointers or any(one[:-1] == atom.pointer[:-1] for one in pointers)


def _who(node: Node) -> tuple[str, str]:
    return places.text(node, "kind"), places.text(places.field(node, "metadata"), "name")


def _of_kind(fields: Sequence[_Field], kind: str) -> dict[Path, Role]:
    return {keys: role for own, keys, role in fields if own in ("", kind)}


def _hints(fields: Sequence[_Field]) -> list[bytes]:
    """What a file must have somewhere to say an image, or a text that is copied: reading YAML is slow."""
    return [*_HINTS, *(str(keys[-1]).encode() for _, keys, role in fields if role == "text")]


def _matches(pattern: str, texts: set[str] | frozenset[str]) -> bool:
    return not pattern or selectors.matches(pattern, texts)


def _texts(node: Node, key: str) -> list[str]:
    items = [item for item in places.items(node, key) if isinstance(item, ScalarNode) and item.tag == STRING]
    return [str(item.value) for item in items if not posixpath.isabs(item.value) and "\n" not in item.value]
