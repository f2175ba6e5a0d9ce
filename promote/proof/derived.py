"""Proves by bytes alone what a change of files is: versions that move, settings that travel with them, and holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from promote.changes import adding
from promote.errors import ConfigError, EditRefused, UsageError
from promote.versions.found import Versions


def faults(old: Versions, new: Versions, settings: Mapping[str, bytes]) -> list[str]:
    """What is wrong where the files are not, byte by byte, those before with other versions, and what --add makes.

    `settings` are the files that already have the settings that travel with these versions.
    """
    if old.source != new.source:
        return [f"{old.source} became {new.source}"]
    try:
        before = old.again(settings) if settings else old
        if set(before.images) != set(old.images):
            return [f"{', '.join(settings)}: settings that travel with versions also set versions"]
        made = adding.derived(before, new)
    except (UsageError, ConfigError, EditRefused) as error:
        return [f"it cannot be derived: {error}"]
    expected = {**settings, **made.contents}
    return [
        f"{path} changes beyond its versions" for path in new.changes(old) if expected.get(path) != new.contents[path]
    ]


def between(old: Versions, new: Versions, settings: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of `old` with `settings`, and with the bundles of manifests of `new`, all other versions as in `old`.

    Raises EditRefused where `new` cannot be derived.
    """
    start = old.again(settings) if settings else old
    moved = {image.name: image for image in new.images if image.name in old.bundles & new.bundles}
    return {**settings, **start.with_versions(moved, whole=True).changes(old)}


def beyond(files: Iterable[str], expected: Sequence[str]) -> list[str]:
    """The files that change for another reason."""
    return [f"{file} changes, where no version moves" for file in files if file not in expected]
