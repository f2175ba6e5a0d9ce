"""Versions that were rolled back and must not be promoted again: holds.yaml, which is in Git."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from io import StringIO
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from promote.errors import ConfigError, EditRefused, UsageError, nearest
from promote.model import Hold, Version
from promote.yamltext import reader
from promote.yamltext.scalars import NULL

FILE_NAME = "holds.yaml"
_HEADER = """\
# Versions that must not be promoted again. `promote rollback` and `promote hold` add entries,
# `promote release` removes them; a version that is not named here passes.
holds: []
"""
_SHOWN = 60  # characters of an unknown key
_KEYS = ("environment", "image", "version", "reason", "since")


def read(data: bytes | None) -> tuple[Hold, ...]:
    """The holds in a holds.yaml; raises ConfigError, with the line, for anything that is not a hold.

    Nothing is skipped: a hold that is not read has no effect.
    """
    root = reader.compose(data or b"", FILE_NAME)
    if root is None:
        return ()
    entries = _fields(root, ("holds",))["holds"]
    if isinstance(entries, ScalarNode) and entries.tag == NULL:
        return ()
    if not isinstance(entries, SequenceNode):
        raise _wrong(entries, "`holds` is not a list; write '- environment: …' items under it")
    return tuple(_hold(entry) for entry in entries.value)


def _hold(entry: Node) -> Hold:
    fields = _fields(entry, _KEYS)
    for key, node in fields.items():
        if not isinstance(node, ScalarNode):
            raise _wrong(node, f"`{key}` is a list or a mapping; write a string")
    # The text as it is written: a version 1.10 is not a number.
    environment, image, version, reason, since = (str(fields[key].value) for key in _KEYS)
    try:
        return Hold(environment, image, Version.parse(version), reason, since)
    except UsageError as error:
        raise _wrong(fields["version"], str(error)) from None


def _fields(node: Node, keys: Sequence[str]) -> dict[str, Node]:
    """The values of a mapping that has exactly these keys."""
    if not isinstance(node, MappingNode):
        raise _wrong(node, f"this is not a mapping; write the keys {', '.join(keys)}")
    found: dict[str, Node] = {}
    for key, value in node.value:
        if key.value not in keys:
            # A key may be a mapping, as long as the whole file.
            name = str(key.value)[:_SHOWN] if isinstance(key, ScalarNode) else "a list or a mapping"
            raise _wrong(key, f"unknown key '{name}'{nearest(name, keys)}")
        if key.value in found:
            raise _wrong(key, f"duplicate key '{key.value}'; delete one of them")
        found[key.value] = value
    if lacking := [key for key in keys if key not in found]:
        raise _wrong(node, f"the key '{lacking[0]}' is missing; the required keys are {', '.join(keys)}")
    return found


def _wrong(node: Node, problem: str) -> ConfigError:
    return ConfigError(f"{FILE_NAME}:{node.start_mark.line + 1}: {problem}")


def add(data: bytes | None, holds: Sequence[Hold]) -> bytes:
    """The file with `holds` added; comments and existing holds stay as they are."""
    known = list(read(data))
    new: list[Hold] = []
    for hold in holds:
        if not any(old.refuses(hold.environment, hold.image, hold.version) for old in known + new):
            new.append(hold)
    if data is not None and not new:
        return data
    document, editor = _open(data)
    for hold in new:
        values = hold.environment, hold.image, str(hold.version), hold.reason, hold.since
        document["holds"].append(dict(zip(_KEYS, values, strict=True)))
    return _proved(_bytes(document, editor, data), [*known, *new])


def remove(data: bytes | None, gone: Iterable[Hold]) -> bytes:
    """The file without the holds `gone`."""
    leaving = set(gone)
    known = read(data)
    document, editor = _open(data)
    for position in reversed([number for number, hold in enumerate(known) if hold in leaving]):
        del document["holds"][position]
    return _proved(_bytes(document, editor, data), [hold for hold in known if hold not in leaving])


def _proved(data: bytes, expected: Sequence[Hold]) -> bytes:
    """The edited file, if it says exactly what it must; raises EditRefused, because comments may be anywhere."""
    with suppress(ConfigError):
        if list(read(data)) == list(expected):
            return data
    raise EditRefused(f"{FILE_NAME}:1: no edit was found that changes only these holds; change the file by hand")


def _open(data: bytes | None) -> tuple[Any, Any]:
    # Imported here: only writing needs it. It keeps the comments that people leave in the file.
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedSeq
    from ruamel.yaml.error import YAMLError

    editor = YAML()
    editor.width = 4096
    editor.indent(mapping=2, sequence=4, offset=2)
    text = reader.decoded(data or _HEADER.encode(), FILE_NAME).replace("\r\n", "\n")
    try:
        document = editor.load(text) or editor.load(f"{text.rstrip()}\nholds: []\n")
    except (YAMLError, ValueError, RecursionError) as error:
        # It follows YAML 1.2, in which a few files of YAML 1.1 are not valid.
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(f"{FILE_NAME}:{mark.line + 1 if mark else 1}: this is not YAML 1.2; correct it") from None
    if document["holds"] is None:
        document["holds"] = CommentedSeq()
    document["holds"].fa.set_block_style()
    return document, editor


def _bytes(document: Any, editor: Any, before: bytes | None) -> bytes:
    out = StringIO()
    editor.dump(document, out)
    ending = "\r\n" if before and b"\r\n" in before else "\n"
    return out.getvalue().replace("\n", ending).encode()
