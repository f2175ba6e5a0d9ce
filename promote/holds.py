"""Versions that were rolled back and must not come again by themselves: holds.yaml, in Git like all else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import yaml

from promote.errors import ConfigError
from promote.model import Version

FILE_NAME = "holds.yaml"
_HEADER = """\
# Versions that must not be promoted again. `promote rollback` and `promote hold` add entries,
# `promote release` removes them; a version that is not named here passes.
holds: []
"""
_KEYS = ("environment", "image", "version", "reason", "since")


@dataclass(frozen=True, slots=True)
class Hold:
    """One version of one image that one environment refuses; `since` is a date, YYYY-MM-DD."""

    environment: str
    image: str
    version: Version
    reason: str
    since: str

    def refuses(self, environment: str, image: str, version: Version) -> bool:
        """Whether it stands against this version: the same digest or, where one has none, the same tag."""
        if (environment, image) != (self.environment, self.image):
            return False
        if self.version.digest and version.digest:
            return self.version.digest == version.digest
        return self.version.tag is not None and self.version.tag == version.tag


def read(data: bytes | None) -> tuple[Hold, ...]:
    """The holds that a holds.yaml records; raises ConfigError where it is not understood."""
    try:
        content = yaml.safe_load(data or b"")
        return tuple(_hold(entry) for entry in (content or {}).get("holds") or ())
    except (yaml.YAMLError, AttributeError, TypeError, KeyError, ValueError) as error:
        raise ConfigError(
            f"{FILE_NAME} is not understood ({type(error).__name__}): each entry of `holds` needs {', '.join(_KEYS)}"
        ) from error


def _hold(entry: dict[str, Any]) -> Hold:
    environment, image, version, reason, since = (str(entry[key]) for key in _KEYS)
    return Hold(environment, image, Version.parse(version), reason, since)


def add(data: bytes | None, holds: Sequence[Hold]) -> bytes:
    """The file with `holds` added, comments and all else as they were; a hold that is there stays as it is."""
    known = read(data)
    document, editor = _open(data)
    for hold in holds:
        if not any(old.refuses(hold.environment, hold.image, hold.version) for old in known):
            document["holds"].append(dict(zip(_KEYS, _values(hold), strict=True)))
    return _bytes(document, editor)


def remove(data: bytes | None, gone: Iterable[Hold]) -> bytes:
    """The file without the holds `gone`."""
    leaving = set(gone)
    document, editor = _open(data)
    for position in reversed([number for number, hold in enumerate(read(data)) if hold in leaving]):
        del document["holds"][position]
    return _bytes(document, editor)


def _values(hold: Hold) -> tuple[str, ...]:
    return hold.environment, hold.image, str(hold.version), hold.reason, hold.since


def _open(data: bytes | None) -> tuple[Any, Any]:
    # Imported here: only writing needs it. It keeps the comments that people leave in the file.
    from ruamel.yaml import YAML

    editor = YAML()
    editor.width = 4096
    editor.indent(mapping=2, sequence=4, offset=2)
    document = editor.load((data or _HEADER.encode()).decode())
    if document.get("holds") is None:
        document["holds"] = []
    document["holds"].fa.set_block_style() if hasattr(document["holds"], "fa") else None
    return document, editor


def _bytes(document: Any, editor: Any) -> bytes:
    out = StringIO()
    editor.dump(document, out)
    return out.getvalue().encode()
