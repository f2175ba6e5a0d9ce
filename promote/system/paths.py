"""Paths for messages, and changes of private copies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

PRIVATE = "promote-tree-"  # how the name of every private copy of a commit or a checkout begins


def private_tree(path: Path) -> bool:
    """Whether `path` is the top of a private copy, which nothing in it may lead out of."""
    return path.name.startswith(PRIVATE)


def without_copies(text: str) -> str:
    """`text` without the path of a private copy, which is deleted by the time that somebody reads it."""
    return re.sub(rf"[^\s'\"]*{PRIVATE}\w+/(?:before/)?", "", text)


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
