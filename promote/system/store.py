"""Answers that are remembered between runs, in the user's cache folder: each is found by a hash of all that it needs.

An answer that is lost costs time only. One that is wrong must not happen: the folder belongs to the user alone and
is never inside the repository, where a pull request could fill it; each file has a hash of its content.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from contextlib import suppress
from functools import cache as once
from pathlib import Path

from promote.system import cache

OFF = "PROMOTE_NO_CACHE"
_DIGITS = 64  # of the hash, in front of each content
_AGE = 3600  # seconds after which a use is noted
_KEPT = 0.75  # of the limit, what stays when it is reached


class Store:
    """Answers in the folder `name` of the cache, together at most `most` bytes; the oldest go first.

    It keeps nothing if PROMOTE_NO_CACHE is set, or if the cache is inside `repository` or any clone, or writable for
    others.
    """

    def __init__(self, name: str, repository: Path, most: int) -> None:
        off = os.environ.get(OFF, "").strip().lower() not in ("", "0", "false", "no", "off")
        self._folder = None if off else private(name, repository)
        self._most = most
        self._new = 0

    @property
    def is_open(self) -> bool:
        """Whether it keeps anything."""
        return self._folder is not None

    def text(self, key: str) -> str | None:
        """The answer for `key`; None if there is none, or none that is whole."""
        if self._folder is None:
            return None
        file = self._folder / key
        try:
            data = file.read_bytes()
            content = data[_DIGITS + 1 :]
            if data[:_DIGITS].decode() != _digest(key, content):
                return None
            if time.time() - file.stat().st_mtime > _AGE:
                os.utime(file)
            return content.decode()
        except (OSError, ValueError):
            return None

    def put_text(self, key: str, answer: str) -> None:
        """Remember an `answer`; a cache that cannot be written is not an error."""
        if self._folder is None:
            return
        content = answer.encode()
        with suppress(OSError):
            cache.write(self._folder / key, f"{_digest(key, content)}\n".encode() + content)
            if self._new % 200 == 0:
                _evict(self._folder, self._most)
            self._new += 1


def _digest(key: str, content: bytes) -> str:
    # The hash covers the key, too, so that a renamed file is not accepted.
    return hashlib.sha256(key.encode() + b"\n" + content).hexdigest()


def private(name: str, repository: Path) -> Path | None:
    """The folder, made for the user alone; None where that cannot be."""
    folder = cache.folder() / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole, details = folder.resolve(), folder.stat()
    except OSError:
        return None
    is_own = details.st_uid == os.geteuid() and not stat.S_IMODE(details.st_mode) & (stat.S_IWGRP | stat.S_IWOTH)
    return folder if is_own and not whole.is_relative_to(repository.resolve()) else None


def _evict(folder: Path, most: int) -> None:
    """Delete the files that nobody used for longest, if all of them together have more than `most` bytes."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                details = entry.stat(follow_symlinks=False)
                found.append((details.st_mtime_ns, details.st_size, entry.path))
    total = sum(size for _, size, _ in found)
    if total <= most:
        return
    for _, size, path in sorted(found):
        if total <= most * _KEPT:
            break
        with suppress(OSError):
            os.unlink(path)  # noqa: PTH108 a text from scandir
            total -= size


@once
def code() -> str:
    """A hash of the command's own code, and of the Python that runs it: other code may give other answers."""
    import sys

    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(sys.version.encode())
    for file in sorted(package.rglob("*")):
        if file.suffix in (".py", ".json"):
            data = file.read_bytes()
            digest.update(f"{file.relative_to(package).as_posix()}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()
