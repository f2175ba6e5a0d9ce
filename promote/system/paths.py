"""Paths as people read them."""

from __future__ import annotations

from pathlib import Path


def shown(path: Path, root: Path) -> str:
    """`path` as it is named to people: relative to `root` where it lies below it."""
    whole = path.resolve()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else str(whole)
