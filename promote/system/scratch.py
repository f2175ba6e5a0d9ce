"""Temporary folders, all below one folder of this process, which disappears with it, however it ends.

The folder is locked as long as the process runs. What a killed process has left is not locked: the next one removes
it. The programs that we start get a folder in it as TMPDIR, so that what they leave is removed, too.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from functools import cache as once
from pathlib import Path
from threading import Lock

from promote.errors import ToolError

_PREFIX = "promote-run-"
_LOCK = "lock"
_starting = Lock()


def use() -> None:
    """Let all temporary files and folders that this process makes from now on be in the folder of the process."""
    tempfile.tempdir = str(top())


def for_programs() -> Path:
    """The folder that the programs that we start use as TMPDIR."""
    return top() / "programs"


def top() -> Path:
    """The folder of this process; raises ToolError where there can be none."""
    with _starting:
        return _made()


@once
def _made() -> Path:
    try:
        parent = _parent()
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        atexit.register(shutil.rmtree, path, ignore_errors=True)
        (path / "programs").mkdir()
        _lock(path)
    except OSError as error:
        raise ToolError(
            f"cannot make a folder for temporary files ({error.strerror}): make room, or set TMPDIR to a folder that "
            "can be written"
        ) from None
    _sweep(parent)
    return path


def _parent() -> Path:
    """The folder of the system for temporary files; raises OSError where Python has only the current one left.

    That may be a repository, in which nothing but its own files must be.
    """
    found = Path(tempfile.gettempdir()).resolve()
    named = [Path(os.environ[name]).resolve() for name in ("TMPDIR", "TEMP", "TMP") if os.environ.get(name)]
    usual = [Path(name).resolve() for name in ("/tmp", "/var/tmp", "/usr/tmp")]  # noqa: S108 as in tempfile
    if found == Path.cwd() and found not in (*named, *usual):
        tempfile.tempdir = None
        raise OSError(errno.ENOSPC, f"{', '.join(map(str, dict.fromkeys([*named, *usual])))} cannot be written")
    return found


def _lock(path: Path) -> None:
    """Lock the folder, until the process ends. Others see the lock only once it is held."""
    hidden = path / f".{_LOCK}"
    # Never closed: that would unlock it.
    file = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with suppress(OSError):  # not every file system can lock, and without one nothing is swept
        fcntl.flock(file, fcntl.LOCK_EX)
        hidden.rename(path / _LOCK)


def _sweep(parent: Path) -> None:
    """Remove the folders that killed processes of this user have left."""
    with suppress(OSError):
        found = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in os.listdir(found):  # noqa: PTH208 a path could lead elsewhere by now
                if name.startswith(_PREFIX):
                    _remove_if_left(found, name)
        finally:
            os.close(found)


def _remove_if_left(parent: int, name: str) -> None:
    """Remove a folder whose lock nobody holds. Links are not followed, and other users' folders are left alone."""
    with suppress(OSError):
        opened = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        try:
            found = os.fstat(opened)
            if (found.st_uid, stat.S_IMODE(found.st_mode) & 0o777) != (os.geteuid(), 0o700):
                return
            file = os.open(_LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=opened)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(name, dir_fd=parent)
            finally:
                os.close(file)
        finally:
            os.close(opened)
