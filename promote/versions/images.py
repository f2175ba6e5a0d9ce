"""The `images:` of a kustomization: reading them, and changing only the bytes of the versions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from promote.errors import ConfigError, EditRefused, nearest_images
from promote.model import Image, Version
from promote.versions.fields import FIELDS, check_field, goal_of, image_of, texts_of
from promote.yamltext.scalars import NULL, STRING
from promote.yamltext.spans import Goal, ParsedText, difference, parse

_PLACES = ("newTag", "digest")


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of `images:`: its position in the list, its non-empty fields, and the image that they describe.

    A tag and a digest that are an empty text are among them: they say where one goes.
    """

    position: int
    nodes: Mapping[str, ScalarNode]
    image: Image

    @property
    def texts(self) -> dict[str, str]:
        """The text of each field."""
        return {field: node.value for field, node in self.nodes.items()}

    def line(self, *fields: str) -> int:
        """The line, from 1, of the first of `fields` that the item has, or of its name, which every item has."""
        return next(int(self.nodes[field].start_mark.line) + 1 for field in (*fields, "name") if field in self.nodes)


@dataclass(frozen=True, slots=True)
class _Edit:
    """One scalar that gets a new text."""

    entry: Entry
    field: str
    text: str

    @property
    def node(self) -> ScalarNode:
        return self.entry.nodes[self.field]


@dataclass(frozen=True, slots=True)
class ImagesFile:
    """The `images:` of one kustomization file, parsed once: its bytes, and the images in them.

    `source` is its path in messages. Tags and digests are not validated. Each item is read by itself, also where
    kustomize would apply a later item to the new name that an earlier one sets.
    """

    source: str
    data: bytes
    text: ParsedText
    entries: Mapping[str, Entry]

    @classmethod
    def parse(cls, data: bytes, source: str) -> ImagesFile:
        """Read the kustomization `data`.

        Raises ConfigError for a file that kustomize could not read or would render as nonsense, and for a duplicate
        name.
        """
        text = parse(data, source)
        return cls(source, data, text, _entries(text))

    @property
    def images(self) -> tuple[Image, ...]:
        """The items, in file order."""
        return tuple(entry.image for entry in self.entries.values())

    def with_versions(self, wanted: Mapping[str, Image | Version], *, whole: bool = False) -> ImagesFile:
        """The file with the images in `wanted` set and no other byte changed; the same object if nothing changes.

        An Image also sets `newName`; its own name is ignored. An item that has only a digest gets only the
        digest of the wanted version, because it has no field for a tag. With `whole`, a digest next to a tag goes
        where the wanted version has none, and a tag next to the field `digest` where that has none.

        Raises EditRefused when new texts for the existing fields cannot express exactly this,
        ConfigError as `parse` does, and UsageError for an invalid tag or digest.
        """
        images = {name: entry.image for name, entry in self.entries.items()}
        edits: list[_Edit] = []
        for name, target in wanted.items():
            entry = _find(self.text, self.entries, name)
            goal = goal_of(
                self.text.at(entry.nodes["name"]), entry.texts, entry.image, target, whole=whole, empties=True
            )
            images[name] = goal
            edits += [_Edit(entry, field, text) for field, text in texts_of(entry.texts, goal).items()]
        if not edits:
            return self
        return _prove(self, self.text.splice((edit.node, edit.text) for edit in edits), edits, list(images.values()))


def read_images(data: bytes, source: str) -> tuple[Image, ...]:
    """The items of `images:` in the kustomization `data`; raises ConfigError as `ImagesFile.parse` does."""
    return ImagesFile.parse(data, source).images


def _entries(document: ParsedText) -> dict[str, Entry]:
    found = _known(document, document.root, ("images", "imageTags"))
    if "imageTags" in found:
        raise ConfigError(
            f"{document.at(found['imageTags'])}: 'imageTags' is the old name of 'images'; write 'images'"
        )
    images = found.get("images")
    if images is None or images.tag == NULL:
        return {}
    if not isinstance(images, SequenceNode):
        raise ConfigError(f"{document.at(images)}: 'images' is not a list; write '- name: …' items under it")
    entries: dict[str, Entry] = {}
    for position, node in enumerate(images.value):
        entry = _entry(document, position, node)
        if entries.setdefault(entry.image.name, entry) is not entry:
            at = document.at(entry.nodes["name"])
            raise ConfigError(f"{at}: image {entry.image.name!r} has two items; merge them into one")
    return entries


def _known(document: ParsedText, node: Node, names: Collection[str]) -> dict[str, Node]:
    canonical = {name.casefold(): name for name in names}
    found = {}
    for key, value in document.fields(node).items():
        name = canonical.get(key.casefold())
        if name is not None and name != key:
            raise ConfigError(f"{document.at(value)}: kustomize reads {key!r} as {name!r}; write {name!r}")
        if name is not None:
            found[name] = value
    return found


def _entry(document: ParsedText, position: int, node: Node) -> Entry:
    if not isinstance(node, MappingNode):
        raise ConfigError(f"{document.at(node)}: an item of 'images' is not a mapping; write '- name: …'")
    nodes = {}
    for field, value in _known(document, node, FIELDS).items():
        if value.tag != NULL and (value.value != "" or (field in _PLACES and value.tag == STRING)):
            nodes[field] = _scalar(document, field, value)
    if "name" not in nodes:
        raise ConfigError(f"{document.at(node)}: an item of 'images' has no name; add 'name: …'")
    texts = {field: scalar.value for field, scalar in nodes.items()}
    return Entry(position, nodes, image_of(document.at(node), texts))


def _scalar(document: ParsedText, field: str, node: Node) -> ScalarNode:
    if not isinstance(node, ScalarNode) or node.tag != STRING:
        raise ConfigError(
            f"{document.at(node)}: kustomize does not read {field} as a string; put the value in quotes"
        )
    if node.value:
        check_field(document.at(node), field, node.value)
    return node


def _find(document: ParsedText, entries: Mapping[str, Entry], name: str) -> Entry:
    if name in entries:
        return entries[name]
    hint = nearest_images(name, entries, "add an item for it to 'images'")
    raise EditRefused(f"{document.at(document.root)}: there is no image {name!r}; {hint}")


def _prove(before: ImagesFile, result: bytes, edits: list[_Edit], images: list[Image]) -> ImagesFile:
    """Read `result` again: only the edits may change its data, and only the edited scalars may change its text."""
    changed = None
    old = before.text
    try:
        after = ImagesFile.parse(result, before.source)
        changed = difference(old.root, after.text.root, _changes(edits))
        if changed is None:
            nodes = [after.entries[edit.entry.image.name].nodes[edit.field] for edit in edits]
            outside_is_same = old.outside(edit.node for edit in edits) == after.text.outside(nodes)
            if outside_is_same and list(after.images) == images:
                return after
    except ConfigError:
        pass  # The file could be read before, so the fault is in the edit, not in the file.
    if changed is None:
        raise EditRefused(
            f"{old.at(edits[0].node)}: no edit was found that changes only this value; change it by hand"
        )
    raise EditRefused(
        f"{old.at(changed)}: a YAML anchor, alias or merge key uses this value in other places too; "
        "write the value in each place"
    )


def _changes(edits: Iterable[_Edit]) -> Goal:
    items: dict[str | int | None, dict[str | int | None, Goal]] = {}
    for edit in edits:
        items.setdefault(edit.entry.position, {})[edit.field] = edit.text
    return {"images": items}
