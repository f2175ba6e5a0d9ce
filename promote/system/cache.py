"""A folder for data that can be made again: converted schemas, and the keys of inputs that were verified."""

from __future__ import annotations

import hashlib
import os
import threading
from functools import cache as once
from pathlib import Path

from promote.system import scratch


def folder() -> Path:
    """The folder of the cache: PROMOTE_CACHE, else the user's cache folder.

    If it is not writable, as in many containers, a temporary folder that this process removes.
    """
    chosen = _chosen()
    return chosen if chosen is not None and _writable(chosen) else _temporary()


def _chosen() -> Path | None:
    if named := os.environ.get("PROMOTE_CACHE"):
        return Path(named).absolute()
    # Imported here: it takes longer than most of what asks for the cache.
    from platformdirs import user_cache_path

    try:
        return user_cache_path("promote", appauthor=False)
    except RuntimeError:
        # There is no HOME, and the user is not in the password database.
        return None


@once
def _writable(path: Path) -> bool:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(path, os.W_OK | os.X_OK)


@once
def _temporary() -> Path:
    path = scratch.top() / "cache"
    path.mkdir(exist_ok=True)
    return path


def key(*parts: str | bytes) -> str:
    """A short name for the exact contents of `parts`."""
    digest = hashlib.sha256()
    for part in parts:
        # A path whose bytes are not UTF-8 has surrogates.
        data = part.encode(errors="surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:32]


def write(path: Path, data: bytes) -> None:
    """Write `data` to `path` atomically: a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def remembered(name: str) -> bool:
    """Whether `remember(name)` was ever called with this cache."""
    return (folder() / "verified" / name).exists()


def remember(name: str) -> None:
    """Record that `name` needs no second check; a cache that is not writable is not an error."""
    try:
        write(folder() / "verified" / name, b"")
    except OSError:
        return
