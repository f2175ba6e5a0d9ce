"""Paths as people read them, and files that change in one step."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def shown(path: Path, root: Path) -> str:
    """`path` as it is named to people: relative to `root` where it lies below it."""
    whole = path.resolve()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else str(whole)


def replace_file(path: Path, data: bytes) -> None:
    """New contents in one step: a reader sees the old file or the new one.

    The file keeps its mode, and stays where a link points at.
    """
    file = path.resolve()
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        partial.write_bytes(data)
        shutil.copymode(file, partial)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
