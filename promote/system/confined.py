"""Reads and writes files below one folder and nowhere else: every step is relative to a handle and follows no link.

A path is checked by opening its folders one after the other, so that nobody can exchange one of them for a link
between the check and the write.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from promote.errors import EditRefused, ToolError
from promote.system.snapshot import LARGEST

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NOTHING = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Folder:
    """The folder `root`, as long as the block lasts. Paths are relative to it, with `/` between their parts."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._top = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._last = ("", self._top)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()
        os.close(self._top)

    def make_file(self, path: str, data: bytes, executable: bool = False) -> None:
        """A new file; raises FileExistsError where something has its name already, and OSError."""
        above, _, name = path.rpartition("/")
        handle = os.open(name, _NEW, 0o755 if executable else 0o644, dir_fd=self._enter(above, make=True))
        with os.fdopen(handle, "wb") as file:
            file.write(data)

    def make_link(self, path: str, target: str) -> None:
        """A new link; raises FileExistsError where something has its name already, and OSError."""
        above, _, name = path.rpartition("/")
        os.symlink(target, name, dir_fd=self._enter(above, make=True))

    def make_folder(self, path: str) -> None:
        """A folder, and those above it, where there is none; raises OSError."""
        self._enter(path, make=True)

    def status(self, path: str) -> os.stat_result | None:
        """What is at `path`, which may be a link; None if there is nothing, or a link on the way."""
        above, _, name = path.rpartition("/")
        try:
            return os.stat(name, dir_fd=self._enter(above), follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NOTHING:
                raise
            return None

    def plain(self, path: str) -> os.stat_result:
        """What is at `path`, if that is a plain file; raises EditRefused for anything else, and OSError."""
        about = self.status(path)
        if about is None or not stat.S_ISREG(about.st_mode):
            raise EditRefused(
                f"{path} is a link, or is reached through one: promote edits plain files only, so name the file "
                "itself"
            )
        return about

    def target(self, path: str) -> str:
        """What the link at `path` points to; raises OSError."""
        above, _, name = path.rpartition("/")
        return os.readlink(name, dir_fd=self._enter(above))

    def read(self, path: str) -> bytes | None:
        """The bytes of the file at `path`, None where it is larger than LARGEST; raises OSError."""
        above, _, name = path.rpartition("/")
        with os.fdopen(os.open(name, _READ, dir_fd=self._enter(above)), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise NotADirectoryError(f"{path} is not a file")
            data = file.read(LARGEST + 1)
        return data if len(data) <= LARGEST else None

    def prepare(self, path: str, data: bytes) -> None:
        """Write the next content of a file next to it, with its mode. Raises EditRefused for a link, and OSError."""
        above, _, name = path.rpartition("/")
        about = self.plain(path)
        with os.fdopen(os.open(_partial(name), _NEW, 0o600, dir_fd=self._enter(above)), "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), stat.S_IMODE(about.st_mode))
            # A disk may find out only now that it is full.
            os.fsync(file.fileno())

    def replace(self, path: str) -> None:
        """Give a file the content that is prepared for it, atomically; raises OSError."""
        above, _, name = path.rpartition("/")
        folder = self._enter(above)
        os.replace(_partial(name), name, src_dir_fd=folder, dst_dir_fd=folder)

    def forget(self, path: str) -> None:
        """Remove the content that was prepared for a file, if it is still there."""
        above, _, name = path.rpartition("/")
        with suppress(OSError):
            os.unlink(_partial(name), dir_fd=self._enter(above))

    def _enter(self, path: str, make: bool = False) -> int:
        """A handle of the folder at `path`; the last one stays open, because the next file is often next to it."""
        if path == self._last[0]:
            return self._last[1]
        self._leave()
        handle = self._top
        try:
            for part in path.split("/") if path else ():
                inner = _open(part, handle, make)
                if handle != self._top:
                    os.close(handle)
                handle = inner
        except BaseException:
            if handle != self._top:
                os.close(handle)
            raise
        self._last = (path, handle)
        return handle

    def _leave(self) -> None:
        if self._last[1] != self._top:
            os.close(self._last[1])
        self._last = ("", self._top)


def _open(name: str, folder: int, make: bool) -> int:
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, 0o755, dir_fd=folder)
    return os.open(name, _FOLDER, dir_fd=folder)


def _partial(name: str) -> str:
    return f".{name}.{os.getpid()}"


def replace_files(root: Path, files: Mapping[str, bytes | None]) -> None:
    """Give `files` below the checkout `root` new contents, atomically each, also after a crash; nothing is deleted.

    Raises EditRefused, before anything is written, where one of them is a link or is reached through a link, and
    ToolError where there is no room, or no right to write: then no file has changed.
    """
    new = {path: data for path, data in files.items() if data is not None}
    with Folder(root) as folder:
        for path in new:
            folder.plain(path)
        at = ""
        try:
            for at, data in new.items():
                folder.prepare(at, data)
            # From here on nothing needs room.
            for at in new:
                folder.replace(at)
        except OSError as error:
            raise ToolError(
                f"cannot write {at} in {root} ({error.strerror}): it is as before; fix that, then run again"
            ) from None
        finally:
            for path in new:
                folder.forget(path)
