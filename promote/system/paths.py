"""Paths for messages, and atomic changes of files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path


def shown(path: Path, root: Path) -> str:
    """`path` as messages show it: relative to `root` if it is below it."""
    whole = path.resolve()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else str(whole)


def replace_file(path: Path, data: bytes) -> None:
    """Replace the content atomically: a reader sees the old file or the new one.

    The file keeps its mode. If `path` is a link, the file that it points at is replaced.
    """
    file = path.resolve()
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        partial.write_bytes(data)
        shutil.copymode(file, partial)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def write_below(root: Path, files: Mapping[str, bytes | None]) -> None:
    """Give `files` below `root`, a private copy, new contents; one without contents is deleted."""
    for path, data in files.items():
        # A new file, since the old one may have another name, too.
        (root / path).unlink(missing_ok=True)
        if data is not None:
            (root / path).write_bytes(data)
