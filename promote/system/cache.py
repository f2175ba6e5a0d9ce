"""A folder for data that can be made again: converted schemas, and the keys of inputs that were verified.

What is in it is believed. So only this user may write it, and it is in no clone, where a pull request could fill it.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from functools import cache as once
from pathlib import Path

from promote.system import scratch

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def folder() -> Path:
    """The folder of the cache: PROMOTE_CACHE, else the user's cache folder; without links.

    If it is not writable, as in many containers, or not private, a temporary folder that this process removes.
    """
    chosen = _chosen()
    usable = _usable(chosen) if chosen is not None else None
    return usable or _temporary()


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
def _usable(path: Path) -> Path | None:
    """The folder without links, which is made if necessary; None if it cannot be used."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole = path.resolve()
        return whole if os.access(whole, os.W_OK | os.X_OK) and _is_private(whole) else None
    except OSError:
        return None


def _is_private(whole: Path) -> bool:
    """Whether nobody else decides what is in a folder, or puts another one in its place."""
    is_own = whole.stat().st_uid == os.geteuid() and not _others(whole)
    above = (_is_guarded(folder) and not (folder / ".git").exists() for folder in (whole, *whole.parents))
    return is_own and all(above)


def _is_guarded(folder: Path) -> bool:
    """Whether only this user and root can replace what this user has in a folder."""
    found = folder.stat()
    return found.st_uid in (0, os.geteuid()) and (bool(found.st_mode & stat.S_ISVTX) or not _others(folder))


def _others(folder: Path) -> bool:
    """Whether others may write in a folder; the user's own group has no other member by default."""
    found = folder.stat()
    is_own_group = found.st_gid == os.getegid()
    return bool(found.st_mode & (stat.S_IWOTH if is_own_group else _OTHERS))


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
