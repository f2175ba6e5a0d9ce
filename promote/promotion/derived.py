"""Proves by bytes alone what a change of files is: versions that move, settings that travel with them, and holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from promote.errors import ConfigError, EditRefused, UsageError
from promote.promotion import adding
from promote.versions.found import Versions


def faults(old: Versions, new: Versions, settings: Mapping[str, bytes]) -> list[str]:
    """What is wrong where the files are not, byte by byte, those before with other versions, and what --add makes.

    `settings` are the files that already have the settings that travel with these versions.
    """
    if old.source != new.source:
        return [f"{old.source} became {new.source}"]
    try:
        before = old.again(settings) if settings else old
        made = adding.derived(before, new)
    except (UsageError, ConfigError, EditRefused) as error:
        return [f"it cannot be derived: {error}"]
    expected = {**settings, **made.contents}
    return [
        f"{path} changes beyond its versions" for path in new.changes(old) if expected.get(path) != new.contents[path]
    ]


def beyond(files: Iterable[str], expected: Sequence[str]) -> list[str]:
    """The files that change for another reason."""
    return [f"{file} changes, where no version moves" for file in files if file not in expected]
