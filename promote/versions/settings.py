"""Settings that travel with a version: a whole file, or a value in it, as other bytes of the same file have it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from yaml.nodes import MappingNode, ScalarNode

from promote.errors import ConfigError, EditRefused
from promote.versions import declared
from promote.versions.atoms import Place
from promote.versions.spots import Sheet, characters, children
from promote.yamltext import reader
from promote.yamltext.spans import difference


@dataclass(frozen=True, slots=True)
class Setting:
    """What travels with the versions of `service`: a file, relative to an environment's folder, or a value in it.

    `path` is one of `promote.versions.declared`: it leads to one value of a YAML file, or names a line `NAME=value`.
    """

    service: str
    file: str
    path: str = ""

    def value(self, data: bytes, source: str) -> str | None:
        """The value at `path`, as it is written; None if there is none. `source` names the file in messages.

        Raises EditRefused if it is on several lines, or not a single value.
        """
        if not declared.is_yaml(source):
            line = _line(self.path, data)
            return line[1] if line else None
        sheet = Sheet.parse(data, source)
        at = declared.at_path(sheet, self.path)
        return _token(sheet, at, self.path)[0] if at else None

    def taken(self, theirs: bytes, ours: bytes, source: str) -> bytes:
        """`ours` with the setting of `theirs`, and no other byte changed; `ours` if one of them does not have it.

        Raises EditRefused where the setting cannot be written as it is in `theirs`.
        """
        if not self.path:
            return theirs
        if declared.is_yaml(source):
            return _yaml_taken(self.path, theirs, ours, source)
        new, old = _line(self.path, theirs), _line(self.path, ours)
        if new is None or old is None:
            return ours
        text = ours.decode()
        return (text[: old.start(1)] + new[1] + text[old.end(1) :]).encode()


def _line(name: str, data: bytes) -> re.Match[str] | None:
    try:
        return declared.line(name, data.decode())
    except UnicodeDecodeError:
        return None


def _yaml_taken(path: str, theirs: bytes, ours: bytes, source: str) -> bytes:
    there, here = Sheet.parse(theirs, source), Sheet.parse(ours, source)
    new, old = declared.at_path(there, path), declared.at_path(here, path)
    if new is None or old is None:
        return ours
    token, *_ = _token(there, new, path)
    now, start, end = _token(here, old, path)
    if declared.key_of(old.node) != declared.key_of(new.node):
        raise EditRefused(f"{_at(here, old)}: {path} is another entry than {new.node.value!r}: name it by its key")
    if now == token:
        return ours
    text = here.whole.text
    data = reader.encoded(text[:start] + token + text[end:], ours)
    _prove(here, data, old, new)
    return data


def _token(sheet: Sheet, at: Place, path: str) -> tuple[str, int, int]:
    """A scalar as it is written, and its characters in the file."""
    text = sheet.whole.text
    span = characters(at.node, text) if isinstance(at.node, ScalarNode) and at.node.style not in ("|", ">") else None
    if span is None or "\n" in text[slice(*span)]:
        raise EditRefused(f"{_at(sheet, at)}: {path} is not one value on one line: let the whole file travel")
    return text[slice(*span)], *span


def _prove(before: Sheet, data: bytes, old: Place, new: Place) -> None:
    """Raise EditRefused unless `data` is as `before` with the value `new` in the place of `old`, and only there."""
    root, often = before.whole.roots[int(old.path[0])], 0
    waiting, seen = [root], {id(root)}
    while waiting:
        here = waiting.pop()
        keys = [key for key, _ in here.value] if isinstance(here, MappingNode) else []
        for node in (*keys, *(value for _, value in children(here))):
            often += node is old.node
            if id(node) not in seen:
                seen.add(id(node))
                waiting.append(node)
    try:
        roots = Sheet.parse(data, before.source).whole.roots
    except ConfigError:
        roots = ()
    old.node.value, old.node.tag = new.node.value, new.node.tag
    pairs = zip(before.whole.roots, roots, strict=False)
    if often != 1 or len(roots) != len(before.whole.roots) or any(difference(a, b, None) for a, b in pairs):
        raise EditRefused(f"{_at(before, old)}: no edit changes this value alone: change it by hand")


def _at(sheet: Sheet, at: Place) -> str:
    return f"{sheet.source}:{at.node.start_mark.line + 1}"
