"""The `images:` of a kustomization: read from its bytes, and set by changing no byte but the versions'."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from promote.errors import ConfigError, EditRefused
from promote.model import Image, Version
from promote.versions.fields import FIELDS, check_field, goal_of, image_of, texts_of
from promote.yamltext.scalars import NULL, STRING
from promote.yamltext.spans import Document, Goal, difference, parse

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


@dataclass(frozen=True, slots=True)
class _Entry:
    """An item of `images:`: its place in the list, its non-empty fields, and what they say together."""

    position: int
    nodes: Mapping[str, ScalarNode]
    image: Image

    @property
    def texts(self) -> dict[str, str]:
        return {field: node.value for field, node in self.nodes.items()}


@dataclass(frozen=True, slots=True)
class _Edit:
    """One scalar that gets a new text."""

    entry: _Entry
    field: str
    text: str

    @property
    def node(self) -> ScalarNode:
        return self.entry.nodes[self.field]


def read_images(data: bytes, source: str) -> tuple[Image, ...]:
    """The items of `images:` in the kustomization `data`, in file order; `source` names it in messages.

    Tags and digests are taken as they stand, valid or not. Each item is read by itself, also where kustomize
    would apply a later item to the new name that an earlier one gave. Raises ConfigError for a file that
    kustomize could not read or would render as nonsense, and for a name given twice.
    """
    return tuple(entry.image for entry in _entries(parse(data, source)).values())


def set_images(data: bytes, wanted: Mapping[str, Image | Version], source: str) -> bytes:
    """The kustomization `data` with the images named in `wanted` set, and no other byte changed.

    An Image sets `newName` too; its own name is ignored. An item that holds only a digest gets only the
    digest of the wanted version: its fields have no room for a tag.

    Raises EditRefused when new texts for the fields that are there cannot say this and nothing else,
    ConfigError as `read_images` does, and UsageError for an invalid tag or digest.
    """
    document = parse(data, source)
    entries = _entries(document)
    images = {name: entry.image for name, entry in entries.items()}
    edits: list[_Edit] = []
    for name, target in wanted.items():
        entry = _find(document, entries, name)
        goal = goal_of(document.at(entry.nodes["name"]), entry.texts, entry.image, target)
        images[name] = goal
        edits += [_Edit(entry, field, text) for field, text in texts_of(entry.texts, goal).items()]
    if not edits:
        return data
    result = document.splice((edit.node, edit.text) for edit in edits)
    _prove(document, result, edits, list(images.values()))
    return result


def _entries(document: Document) -> dict[str, _Entry]:
    found = _known(document, document.root, ("images", "imageTags"))
    if "imageTags" in found:
        raise ConfigError(f"{document.at(found['imageTags'])}: 'imageTags' is an old name; write 'images'")
    images = found.get("images")
    if images is None or images.tag == NULL:
        return {}
    if not isinstance(images, SequenceNode):
        raise ConfigError(f"{document.at(images)}: 'images' is not a list; write '- name: …' items under it")
    entries: dict[str, _Entry] = {}
    for position, node in enumerate(images.value):
        entry = _entry(document, position, node)
        if entries.setdefault(entry.image.name, entry) is not entry:
            at = document.at(entry.nodes["name"])
            raise ConfigError(f"{at}: image {entry.image.name!r} has two items; merge them into one")
    return entries


def _known(document: Document, node: Node, names: Collection[str]) -> dict[str, Node]:
    spellings = {name.casefold(): name for name in names}
    found = {}
    for key, value in document.fields(node).items():
        name = spellings.get(key.casefold())
        if name is not None and name != key:
            raise ConfigError(f"{document.at(value)}: kustomize reads {key!r} as {name!r}; write {name!r}")
        if name is not None:
            found[name] = value
    return found


def _entry(document: Document, position: int, node: Node) -> _Entry:
    if not isinstance(node, MappingNode):
        raise ConfigError(f"{document.at(node)}: an item of 'images' is not a mapping; write '- name: …'")
    nodes = {}
    for field, value in _known(document, node, FIELDS).items():
        if value.tag != NULL and value.value != "":
            nodes[field] = _scalar(document, field, value)
    if "name" not in nodes:
        raise ConfigError(f"{document.at(node)}: an item of 'images' has no name; add 'name: …'")
    texts = {field: scalar.value for field, scalar in nodes.items()}
    return _Entry(position, nodes, image_of(document.at(node), texts))


def _scalar(document: Document, field: str, node: Node) -> ScalarNode:
    if not isinstance(node, ScalarNode) or node.tag != STRING:
        raise ConfigError(f"{document.at(node)}: {field} is not a string to kustomize; put the value in quotes")
    check_field(document.at(node), field, node.value)
    return node


def _find(document: Document, entries: Mapping[str, _Entry], name: str) -> _Entry:
    if name in entries:
        return entries[name]
    nearest = ", ".join(map(repr, difflib.get_close_matches(name, entries, cutoff=0)))
    hint = f"the nearest names are {nearest}" if nearest else "add an item for it to 'images'"
    raise EditRefused(f"{document.at(document.root)}: no image is called {name!r}; {hint}")


def _prove(document: Document, result: bytes, edits: list[_Edit], images: list[Image]) -> None:
    """Read `result` anew: its data must differ by the edits only, and its text in the edited scalars only."""
    changed = None
    try:
        after = parse(result, document.source)
        changed = difference(document.root, after.root, _changes(edits))
        if changed is None and _as_meant(document, after, edits, images):
            return
    except ConfigError:
        pass  # The file could be read before, so the edit is to blame, not the file.
    if changed is None:
        raise EditRefused(f"{document.at(edits[0].node)}: no exact edit was found; change the file by hand")
    raise EditRefused(
        f"{document.at(changed)}: this value has other uses too, through a YAML anchor, alias or merge key; "
        "write it out in each place"
    )


def _changes(edits: Iterable[_Edit]) -> Goal:
    items: dict[str | int | None, dict[str | int | None, Goal]] = {}
    for edit in edits:
        items.setdefault(edit.entry.position, {})[edit.field] = edit.text
    return {"images": items}


def _as_meant(before: Document, after: Document, edits: list[_Edit], images: list[Image]) -> bool:
    entries = _entries(after)
    nodes = [entries[edit.entry.image.name].nodes[edit.field] for edit in edits]
    outside_is_same = before.outside(edit.node for edit in edits) == after.outside(nodes)
    return outside_is_same and [entry.image for entry in entries.values()] == images
