"""Images that `replacements` of a kustomization set: in whole or in part, with a text that is written elsewhere.

What `replacements` and `vars` copy from an image into another field is found, too.

Kustomize copies the text from a field of another object. Here the slot of the image gets the place of that text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from yaml.nodes import Node, SequenceNode

from promote.kustomize import field_paths, selectors
from promote.kustomize.layer import Layer
from promote.versions.atoms import Atom, Place, Role, alone, documents, items
from promote.versions.fields import split
from promote.versions.slots import Said, Slot
from promote.versions.spots import Path, children
from promote.yamltext import places

FIELD = "replacements"
_NAMING = ("kind", "name")
_INDEX = re.compile(r"\[([0-9]+)\]")  # of an item of a list, as `vars` write it
# What else a target may say of its objects: labels and annotations are not followed.
_FOLLOWED = frozenset({*_NAMING, "group", "version", "namespace"})


def of_images(layer: Layer) -> list[Place]:
    """The replacements of a kustomization with the image of a container among their targets."""
    return [
        entry
        for entry in _entries(layer)
        if any(
            _is_of_image(str(path.node.value))
            for target in items(entry.at("targets"))
            for path in items(target.at("fieldPaths"))
        )
    ]


def sources(entries: Sequence[Place]) -> Iterator[tuple[str, Path]]:
    """What these replacements copy: the kind of the object, and the keys to a field of it."""
    for entry in entries:
        source = entry.at("source")
        path = field_paths.keys(places.text(source.node, "fieldPath")) if source else ()
        if source is not None and path:
            yield places.text(source.node, "kind"), path


def apply(layer: Layer, slots: Sequence[Slot]) -> None:
    """Set what the replacements of a kustomization set, after `images:` of it; what is not understood stays.

    The images that they copy, such as the tag of one into a variable or label, are marked.
    """
    for node in [places.field(entry.node, "source") for entry in _entries(layer)]:
        kind, name, path = (places.text(node, key) for key in (*_NAMING, "fieldPath"))
        _mark_sources(slots, kind, name, path)
    for item in layer.items("vars"):
        kind, name = (places.text(places.field(item.node, "objref"), key) for key in _NAMING)
        path = places.text(places.field(item.node, "fieldref"), "fieldpath")
        _mark_sources(slots, kind, name, _INDEX.sub(r".\1", path))
    for entry in of_images(layer):
        source = _source(entry, slots)
        for target in items(entry.at("targets")) if source else ():
            how = _Part.of(target)
            for slot in [one for one in slots if _selects(target, one)]:
                if isinstance(source, Slot) and not how.delimiter:
                    slot.copy(source)
                elif isinstance(source, Said):
                    _set(slot, source, how)
                    layer.files[source.file] = None


def _mark_sources(slots: Sequence[Slot], kind: str, name: str, path: str) -> None:
    """Mark the images at a path of the objects of a kind and a name, where these are given."""
    for slot in slots if _is_of_image(path) else ():
        if slot.is_container and kind in ("", slot.kind) and (not name or name in slot.names) and _is_at(slot, path):
            slot.is_source = True


def _entries(layer: Layer) -> Iterator[Place]:
    """The replacements in a kustomization, and in the files that it names for them."""
    for item in layer.items(FIELD):
        sheet = layer.read(places.text(item.node, "path"))
        yield from [item] if sheet is None else ()
        for document in list(documents(sheet))[:1] if sheet else ():
            layer.files[document.sheet.source] = None
            yield from map(alone, items(document)) if isinstance(document.node, SequenceNode) else [document]


def _is_of_image(path: str) -> bool:
    return field_paths.steps(path)[-1:] == ("image",)


@dataclass(frozen=True, slots=True)
class _Part:
    """Which part of a text is copied, or replaced: all of it without a delimiter."""

    delimiter: str = ""
    index: int = 0

    @classmethod
    def of(cls, selector: Place) -> _Part:
        """What the `options` of a source or target say."""
        options = places.field(selector.node, "options")
        index = places.text(options, "index") or "0"
        return cls(places.text(options, "delimiter"), int(index) if index.lstrip("-").isdecimal() else 0)

    def taken(self, said: Said) -> Said | None:
        """The part of a text, with the rest around it; None if there is no such part."""
        if not self.delimiter:
            return said
        parts = said.atom.text.split(self.delimiter)
        if not 0 <= self.index < len(parts):
            return None
        before = "".join(part + self.delimiter for part in parts[: self.index])
        after = "".join(self.delimiter + part for part in parts[self.index + 1 :])
        atom = said.atom
        return replace(said, atom=replace(atom, before=atom.before + before, after=after + atom.after))

    def put(self, text: str, into: str) -> str:
        """`into` with the text in place of a part, before the first one, or after the last, as kustomize does it."""
        if not self.delimiter:
            return text
        parts = into.split(self.delimiter)
        start = max(self.index, 0)
        parts[start : start + (self.index >= 0)] = [text]
        return self.delimiter.join(parts)


def _source(entry: Place, slots: Sequence[Slot]) -> Said | Slot | None:
    """What a replacement copies: a text, or the image of another container, however that is set."""
    value, source = entry.at("sourceValue"), entry.at("source")
    if value is not None and (spot := value.spot):
        return Said(value.sheet.source, Atom((), value.pointer, "text", spot))
    if source is None or not places.text(source.node, "name"):
        return None
    path, kind, name = (places.text(source.node, key) for key in ("fieldPath", "kind", "name"))
    found = [slot for slot in slots if kind in ("", slot.kind) and name in slot.names and _is_at(slot, path)]
    if len(found) != 1:
        return None
    (slot,), how = found, _Part.of(source)
    text = slot.text
    return how.taken(text) if text else None if how.delimiter else slot


def _is_at(slot: Slot, path: str) -> bool:
    pointer = slot.group if "text" in slot.said else slot.pointer
    return field_paths.leads_to(path, pointer, slot.group)


def _selects(target: Place, slot: Slot) -> bool:
    """Whether a target certainly is the image of a slot: of a container, whose object it selects, not rejects."""
    paths = [str(path.node.value) for path in items(target.at("fieldPaths"))]
    if not slot.is_container or not any(_is_at(slot, path) for path in paths):
        return False
    select, rejects = places.field(target.node, "select"), places.items(target.node, "reject")
    is_clear = all({key for key, _ in children(one)} <= _FOLLOWED for one in (select, *rejects) if one is not None)
    return is_clear and _names(select, slot) and not any(_names(one, slot) for one in rejects)


def _names(selector: Node | None, slot: Slot) -> bool:
    kind, name = (places.text(selector, key) for key in _NAMING)
    return all(not one or selectors.matches(one, names) for one, names in ((kind, {slot.kind}), (name, slot.names)))


def _set(slot: Slot, said: Said, how: _Part) -> None:
    """Let a slot run an image that `said` is a part of; where that is not understood, nothing changes."""
    now, text = slot.image, said.atom.text
    whole = how.put(text, now.reference)
    repository, version = split(whole)
    if whole == text:
        slot.transform((repository, repository), _part("reference", said), is_copied=True)
    elif repository != now.repository and version == now.version:
        slot.transform((now.name, repository), {})
    elif version.tag is not None and str(version) == text:
        slot.transform((now.name, repository), _part("tag", said), is_copied=True)
    elif version.tag is None and version.digest == text:
        slot.transform((now.name, repository), _part("digest", said), is_copied=True)


def _part(role: Role, said: Said) -> dict[Role, Said]:
    return {role: replace(said, atom=replace(said.atom, role=role))}
