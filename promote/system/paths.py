"""Paths for messages, and changes of private copies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def shown(path: Path, root: Path) -> str:
    """`path` as messages show it: relative to `root` if it is below it."""
    whole = path.resolve()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else str(whole)


def write_below(root: Path, files: Mapping[str, bytes | None]) -> None:
    """Give `files` below `root`, a private copy, new contents; one without contents is deleted."""
    for path, data in files.items():
        # A new file, since the old one may have another name, too.
        (root / path).unlink(missing_ok=True)
        if data is not None:
            (root / path).write_bytes(data)
