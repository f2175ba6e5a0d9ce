"""The files of a checkout, uncommitted changes included, as a snapshot."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from promote.errors import ConfigError, RenderError
from promote.git import sparse
from promote.system.confined import Folder
from promote.system.snapshot import Entry


class CheckoutFiles:
    """The snapshot of those of the files `names` below `root` that exist, as long as the block lasts.

    Only what is asked for is looked at on the disk.
    """

    def __init__(self, root: Path, names: Iterable[str]) -> None:
        self._root = root
        self._folder = Folder(root)
        self._names: dict[str, dict[str, bool]] = {"": {}}  # by folder: each name, and whether it is a folder
        for path in names:
            self._add(path)
        self._known: dict[str, Mapping[str, Entry]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, *more: object) -> None:
        self._folder.__exit__(kind, error, *more)
        # Who reads a copy cannot see that a file is left out, and not missing.
        if isinstance(error, ConfigError | RenderError):
            error.args = (f"{error}{sparse.hint(self._root)}",)

    def entries(self, folder: str) -> Mapping[str, Entry]:
        """As `Snapshot.entries`."""
        if folder not in self._known:
            found = ((name, self._entry(folder, name)) for name in self._names.get(folder, ()))
            self._known[folder] = {name: entry for name, entry in found if entry}
        return self._known[folder]

    def target(self, link: str) -> str:
        """As `Snapshot.target`."""
        return self._folder.target(link)

    def contents(self, files: Sequence[str]) -> Iterator[bytes | None]:
        """As `Snapshot.contents`."""
        for file in files:
            try:
                yield self._folder.read(file)
            except OSError as error:
                raise RenderError(f"{file}: it cannot be read: {error.strerror or 'it is not a file'}") from error

    def _add(self, path: str) -> None:
        above, _, name = path.rstrip("/").rpartition("/")
        self._names.setdefault(above, {}).setdefault(name, False)
        while above:
            folder, (above, _, name) = above, above.rpartition("/")
            inner = self._names.setdefault(above, {})
            if inner.get(name):
                return
            inner[name] = True
            self._names.setdefault(folder, {})

    def _entry(self, folder: str, name: str) -> Entry | None:
        about = self._folder.status(f"{folder}/{name}" if folder else name)
        if about is None:
            return None  # it is deleted, and Git does not know yet
        if stat.S_ISLNK(about.st_mode):
            return Entry("link")
        if stat.S_ISDIR(about.st_mode):
            # Git lists the files of a folder; if there are none, it is the checkout of another repository.
            return Entry("folder" if self._names[folder][name] else "module")
        return Entry("file", executable=bool(about.st_mode & 0o100)) if stat.S_ISREG(about.st_mode) else None
