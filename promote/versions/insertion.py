"""New items of `images:`, inserted into a kustomization without a change of any other byte."""

from __future__ import annotations

from collections.abc import Sequence

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from promote.errors import EditRefused
from promote.model import Image, Version, check_digest, check_tag
from promote.versions.images import ImagesFile
from promote.yamltext import reader
from promote.yamltext.scalars import NULL, needs_quotes
from promote.yamltext.spans import ParsedText


def inserted(file: ImagesFile, images: Sequence[Image]) -> bytes:
    """The kustomization with the versions of `images`, which no item has yet.

    What has an item gets fields in it. Everything else gets an item: after the present ones, or in a new list at its
    end. Raises EditRefused where that cannot be done without changing another byte, and UsageError for an invalid
    tag or digest.
    """
    text = file.text.text
    newline = "\r\n" if "\r\n" in text else "\n"
    places = [_in_item(file, image, newline) for image in images if image.name in file.entries]
    if more := [image for image in images if image.name not in file.entries]:
        places.append(_as_items(file.text, more, newline))
    # From the end, so that no insertion moves the place of another.
    for start, made in sorted(places, reverse=True):
        text = text[:start] + made + text[start:]
    data = text.encode()
    _prove(file, data, images)
    return data


def _in_item(file: ImagesFile, image: Image, newline: str) -> tuple[int, str]:
    """Where to insert the version of an image into its item, and what."""
    document = file.text
    items = document.fields(document.root)["images"]
    node = items.value[file.entries[image.name].position]
    fields = _fields(image.version)
    if empty := [field for field in fields if field in document.fields(node)]:
        raise EditRefused(f"{document.at(node)}: {empty[0]} of {image.name} is empty; write the value by hand")
    texts = [f"{field}: {text}" for field, text in fields.items()]
    if node.flow_style:
        return _end(node.value[-1][1]), "".join(f", {one}" for one in texts)
    indent = " " * node.start_mark.column
    return _after(document.text, _end(node), [indent + one for one in texts], newline)


def _as_items(document: ParsedText, images: Sequence[Image], newline: str) -> tuple[int, str]:
    """Where to insert an item for each of `images`, and what."""
    text, node = document.text, document.fields(document.root).get("images")
    if node is not None and node.tag != NULL and not isinstance(node, SequenceNode):
        raise EditRefused(f"{document.at(node)}: 'images' is not a list; write the items by hand")
    if isinstance(node, SequenceNode) and node.flow_style:
        items = ", ".join("{" + ", ".join(_item(image)) + "}" for image in images)
        start = _end(node.value[-1]) if node.value else node.end_mark.index - 1
        return start, f"{', ' if node.value else ''}{items}"
    if isinstance(node, SequenceNode):
        return _after(text, _end(node.value[-1]), _lines(images, " " * node.start_mark.column), newline)
    if node is not None:
        return _after(text, node.start_mark.index, _lines(images, "  "), newline)
    if isinstance(document.root, MappingNode) and document.root.flow_style:
        raise EditRefused(f"{document.at(document.root)}: add 'images' by hand: the file is one mapping in braces")
    indent = " " * document.root.start_mark.column
    return _after(text, len(text), [f"{indent}images:", *_lines(images, f"{indent}  ")], newline)


def _after(text: str, position: int, lines: Sequence[str], newline: str) -> tuple[int, str]:
    """Where to insert whole lines after the line of `position`, and what."""
    end = text.find("\n", position) + 1 or len(text)
    starts = not text[:end] or text[:end].endswith("\n")
    made = newline.join(lines)
    return end, f"{made}{newline}" if starts else f"{newline}{made}"


def _lines(images: Sequence[Image], indent: str) -> list[str]:
    found = []
    for image in images:
        first, *rest = _item(image)
        found += [f"{indent}- {first}", *(f"{indent}  {field}" for field in rest)]
    return found


def _item(image: Image) -> list[str]:
    names = {"name": image.name} | ({"newName": image.repository} if image.repository != image.name else {})
    fields = {field: _quoted(text) for field, text in names.items()} | _fields(image.version)
    return [f"{field}: {text}" for field, text in fields.items()]


def _fields(version: Version) -> dict[str, str]:
    """The fields that say a version, with their texts in YAML."""
    fields = {}
    if version.tag is not None:
        fields["newTag"] = check_tag(version.tag)
    if version.digest is not None:
        fields["digest"] = check_digest(version.digest)
    return {field: _quoted(text) for field, text in fields.items()}


def _quoted(text: str) -> str:
    return f'"{text}"' if needs_quotes(text) or text[:1] in "@`" else text


def _end(node: Node) -> int:
    """Where the content of a node ends; comments that follow are not part of it."""
    if isinstance(node, MappingNode) and not node.flow_style:
        key, value = node.value[-1]
        return max(_end(key), _end(value))
    if isinstance(node, SequenceNode) and not node.flow_style:
        return _end(node.value[-1])
    is_block = isinstance(node, ScalarNode) and node.style in ("|", ">")
    return int(node.start_mark.index if is_block else node.end_mark.index)


def _prove(before: ImagesFile, data: bytes, images: Sequence[Image]) -> None:
    """Raise EditRefused unless `data` has the new fields and items, and all else as it was."""
    document, after = before.text, ImagesFile.parse(data, before.source)
    # kustomize reads only the first document; others may not even be YAML.
    old, new = (reader.document(data, before.source, first=True)[1] for data in (before.data, after.data))
    versions = {image.name: image for image in images}
    items = [{**item, **_values(versions.get(item["name"]))} for item in old.get("images") or []]
    added = [image for image in images if image.name not in before.entries]
    expected = {**old, "images": items}
    rest = {**new, "images": (new.get("images") or [])[: len(items)]}
    count = len(reader.roots(document.text)) == len(reader.roots(after.text.text))
    if (
        after.images != (*(versions.get(one.name, one) for one in before.images), *added)
        or rest != expected
        or not count
    ):
        raise EditRefused(f"{document.at(document.root)}: no place was found for a new item; add it by hand")


def _values(image: Image | None) -> dict[str, str]:
    """What an item says of the version of an image that it gets."""
    version = image.version if image else Version()
    return {field: text for field, text in (("newTag", version.tag), ("digest", version.digest)) if text is not None}
