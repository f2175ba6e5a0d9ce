"""Lets the processes of one machine that write to a branch take turns, because only one can move it at a time.

A turn is advice: without one, as on another machine, the lease of the push still decides who moves the branch.
So nothing here may fail or wait without an end.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from promote.errors import ToolError
from promote.system import cache, clock, scratch

_LONGEST = 30.0  # seconds that one writer may keep the others waiting
_SHORT, _LONG = 0.01, 0.25  # seconds between two looks: for the next in line, and for one far behind


@contextmanager
def turn(place: str) -> Iterator[None]:
    """Wait until all who asked for a turn at `place` before, and who still run, are done.

    One who takes too long is overtaken. The turn ends with the block, or with the process, however it ends.
    """
    with ExitStack() as stack:
        # In the cache as well: services of one user may each have a temporary folder of their own.
        for folder in (_of_cache, _of_machine):
            with suppress(OSError, ToolError):
                ticket = _Ticket(_own(folder()) / cache.key(place))
                stack.callback(ticket.end)
                ticket.wait()
        yield


def _of_cache() -> Path:
    return cache.folder() / "turns"


def _of_machine() -> Path:
    """A folder for all processes of this user, whatever cache each of them has."""
    return scratch.top().parent / f"promote-turns-{os.geteuid()}"


def _own(folder: Path) -> Path:
    """A folder in which nobody else can wait, which is made if necessary; raises OSError for any other."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    others = stat.S_IMODE(found.st_mode) & (stat.S_IWGRP | stat.S_IWOTH)
    if (found.st_uid, stat.S_IFMT(found.st_mode), others) != (os.geteuid(), stat.S_IFDIR, 0):
        raise NotADirectoryError(folder)
    return folder


class _Ticket:
    """A file whose name is older than those of all who come later, and which is locked as long as its owner runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder = _own(folder)
        # Locked before the others can see it: they remove what nobody has locked.
        # A name of its own for each ticket: two threads of one process must not wait for each other's lock.
        self._file, hidden = tempfile.mkstemp(prefix=".", dir=folder)
        self._path = Path(hidden)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._path = self._path.rename(folder / f"{time.time_ns():020d}{self._path.name}")
        except OSError:  # such as a file system without locks
            self.end()
            raise

    def wait(self) -> None:
        """Wait for those in front, each of them for a limited time."""
        slow: set[str] = set()
        first, since = "", clock.elapsed()
        while ahead := [name for name in self._ahead() if name not in slow]:
            if ahead[0] != first:
                first, since = ahead[0], clock.elapsed()
            if clock.elapsed() - since > _LONGEST:
                slow.add(first)
            elif not _is_left(self._folder / first):
                clock.pause(min(_SHORT * len(ahead), _LONG))

    def _ahead(self) -> list[str]:
        names = (name for name in os.listdir(self._folder) if not name.startswith("."))  # noqa: PTH208 names are enough
        return sorted(name for name in names if name < self._path.name)

    def end(self) -> None:
        """Leave the place to the next."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def _is_left(path: Path) -> bool:
    """Whether nobody waits at `path` any more; what a killed process has left is removed.

    Raises OSError for a link, which is nobody's.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        path.unlink(missing_ok=True)
        return True
    finally:
        os.close(file)
