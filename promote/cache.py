"""A folder for what can be made again: converted schemas, and the names of things already verified."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def folder() -> Path:
    """Where promote keeps what it can make again: PROMOTE_CACHE, else the user's cache folder."""
    if chosen := os.environ.get("PROMOTE_CACHE"):
        return Path(chosen)
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "promote"


def key(*parts: str | bytes) -> str:
    """A short name for the exact contents of `parts`."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:32]


def write(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step: a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(data)
    partial.replace(path)


def remembered(name: str) -> bool:
    """Whether `remember(name)` was ever called with this cache."""
    return (folder() / "verified" / name).exists()


def remember(name: str) -> None:
    """Note that the thing called `name` needs no second look; a cache that cannot be written is no error."""
    try:
        write(folder() / "verified" / name, b"")
    except OSError:
        return
