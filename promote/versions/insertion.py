"""New items of `images:`, inserted into a kustomization without a change of any other byte."""

from __future__ import annotations

from collections.abc import Sequence

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from promote.errors import EditRefused
from promote.model import Image, check_digest, check_tag
from promote.versions.images import ImagesFile
from promote.yamltext import reader
from promote.yamltext.scalars import NULL, needs_quotes
from promote.yamltext.spans import ParsedText


def inserted(file: ImagesFile, images: Sequence[Image]) -> bytes:
    """The kustomization with an item for each of `images`: after the present items, or in a new list at its end.

    Raises EditRefused where that cannot be done without changing another byte, and UsageError for an invalid tag or
    digest.
    """
    document = file.text
    text = document.text
    node = document.fields(document.root).get("images")
    newline = "\r\n" if "\r\n" in text else "\n"
    if node is not None and node.tag != NULL and not isinstance(node, SequenceNode):
        raise EditRefused(f"{document.at(node)}: 'images' is not a list; write the items by hand")
    if isinstance(node, SequenceNode) and node.flow_style:
        start = _end(node.value[-1]) if node.value else node.end_mark.index - 1
        items = ", ".join("{" + ", ".join(_fields(image)) + "}" for image in images)
        made = f"{', ' if node.value else ''}{items}"
    elif isinstance(node, SequenceNode):
        start, made = _after(text, _end(node.value[-1]), _lines(images, " " * node.start_mark.column), newline)
    elif node is not None:
        start, made = _after(text, node.start_mark.index, _lines(images, "  "), newline)
    elif isinstance(document.root, MappingNode) and document.root.flow_style:
        raise EditRefused(f"{document.at(document.root)}: add 'images' by hand: the file is one mapping in braces")
    else:
        indent = " " * document.root.start_mark.column
        start, made = _after(text, len(text), [f"{indent}images:", *_lines(images, f"{indent}  ")], newline)
    data = (text[:start] + made + text[start:]).encode()
    _prove(file, document, data, images)
    return data


def _after(text: str, position: int, lines: Sequence[str], newline: str) -> tuple[int, str]:
    """Where to insert whole lines after the line of `position`, and what."""
    end = text.find("\n", position) + 1 or len(text)
    starts = not text[:end] or text[:end].endswith("\n")
    made = newline.join(lines)
    return end, f"{made}{newline}" if starts else f"{newline}{made}"


def _lines(images: Sequence[Image], indent: str) -> list[str]:
    found = []
    for image in images:
        first, *rest = _fields(image)
        found += [f"{indent}- {first}", *(f"{indent}  {field}" for field in rest)]
    return found


def _fields(image: Image) -> list[str]:
    version = image.version
    fields = {"name": image.name}
    if image.repository != image.name:
        fields["newName"] = image.repository
    if version.tag is not None:
        fields["newTag"] = check_tag(version.tag)
    if version.digest is not None:
        fields["digest"] = check_digest(version.digest)
    return [f"{field}: {_quoted(text)}" for field, text in fields.items()]


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


def _prove(before: ImagesFile, document: ParsedText, data: bytes, images: Sequence[Image]) -> None:
    """Raise EditRefused unless `data` has the new items, and all else as it was."""
    after = ImagesFile.parse(data, before.source)
    old, new = (reader.value(reader.roots(text)[0]) for text in (document.text, after.text.text))
    rest = {**new, "images": (new.get("images") or [])[: len(before.entries)]}
    expected = {**old, "images": old.get("images") or []}
    count = len(reader.roots(document.text)) == len(reader.roots(after.text.text))
    if after.images != (*before.images, *images) or rest != expected or not count:
        raise EditRefused(f"{document.at(document.root)}: no place was found for a new item; add it by hand")
