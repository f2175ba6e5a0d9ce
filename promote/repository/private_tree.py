"""A private copy of a snapshot, which gets only the files that are asked for and what kustomize reads with them."""

from __future__ import annotations

import os
import posixpath
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from promote.errors import GitError, RenderError, ToolError
from promote.kustomize import readers
from promote.kustomize.closure import closure
from promote.kustomize.files import FILE_NAMES
from promote.repository.scope import file_bytes, has_file
from promote.system.confined import Folder
from promote.system.snapshot import LARGEST, Entry, Found, LeadsOut, Snapshot, find, walk

# Limits of a whole copy, which is written if it is not certain what kustomize reads.
_MOST_FILES = 200_000
_MOST_BYTES = 4 << 30
_ADVICE = "correct the kustomization, so that it is certain what kustomize reads"
_LONGEST = 3000  # bytes of a path; Linux has 4096, with those of the temporary folder
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")


class PrivateTree:
    """Files below `root`, an empty folder, with the names and links that they have in `snapshot`.

    Nothing is written outside of `root`, and no link leads out of it.
    """

    def __init__(self, snapshot: Snapshot, root: Path) -> None:
        self._snapshot = snapshot
        self._root = root
        self._folder = Folder(root)
        self._written: set[str] = set()
        self._needs: dict[str, frozenset[str] | None] = {}
        self._is_whole = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._folder.__exit__(*exc)

    def data(self, path: str) -> bytes | None:
        """The bytes of the file at `path` in the snapshot, which are not written to disk; None if there is none."""
        return file_bytes(self._snapshot, path)

    def has(self, path: str) -> bool:
        """Whether the snapshot has a file at `path`."""
        return has_file(self._snapshot, path)

    def provide(self, path: str) -> None:
        """Write the file at `path` or, if it is a folder, everything below it; nothing if there is none.

        Raises LeadsOut where a link on the way, or in the folder, leads out of the snapshot.
        """
        if found := self._find(path):
            self._write(self._below(found.path) if _is_folder(found) else [])

    def provide_build(self, path: str) -> None:
        """Write what kustomize reads to build the folder at `path`; without a kustomization, only the folder.

        Everything is written where it is not certain what kustomize reads. Raises LeadsOut, with file and line.
        """
        found = self._find(path)
        if found is None or not _is_folder(found) or found.path in self._needs:
            return
        if not any(name in self._snapshot.entries(found.path) for name in FILE_NAMES):
            return
        needs = closure(self._snapshot, found.path)
        self._needs[found.path] = needs
        if needs is None:
            self.provide_all()
        else:
            self._write(needs)

    def provide_all(self) -> None:
        """Write everything except links that lead out of the snapshot, and names that no file may have here."""
        if self._is_whole:
            return
        self._is_whole = True
        kept: list[str] = []
        for number, (path, entry) in enumerate(walk(self._snapshot, "")):
            if number > _MOST_FILES:
                raise RenderError(
                    f"the repository has more than {_MOST_FILES:,} files, and all are needed: {_ADVICE}"
                )
            if self._may_be_written(path, entry):
                kept.append(path)
        self._write(kept, skip=True)

    def link_build(self, path: str, target: Path) -> None:
        """Give the empty folder `target` the same files as `provide_build`, as they are now, as hard links."""
        found = self._find(path)
        needs = self._needs.get(found.path) if found else None
        if needs is None or found is None:
            shutil.copytree(self._root, target, symlinks=True, copy_function=_link, dirs_exist_ok=True)
            return
        for each in (*found.links, *needs):
            (target / each).parent.mkdir(parents=True, exist_ok=True)
            _link(str(self._root / each), str(target / each))

    def readers(self, folders: Iterable[str], files: Collection[str]) -> list[str]:
        """Those of `folders` whose building reads one of `files` of the snapshot; nothing is written."""
        inside = [path for path in folders if not posixpath.isabs(path) and path.split("/", 1)[0] != ".."]
        return readers.readers(self._snapshot, ["" if path == "." else path for path in inside], files)

    def _find(self, path: str) -> Found | None:
        """What `path` leads to, with its links written; None for a path out of the tree, which others report."""
        path = posixpath.normpath(path)
        if posixpath.isabs(path) or path.split("/", 1)[0] == "..":
            return None
        found = find(self._snapshot, path)
        kind = found.entry.kind if found.entry else None
        self._write([*found.links, *([found.path] if kind == "file" else ())])
        if kind in ("folder", "module"):
            with self._reported(found.path):
                self._folder.make_folder(found.path)
        return found

    def _below(self, folder: str) -> list[str]:
        """Everything below `folder`, and what its links lead to."""
        waiting, kept = [folder], dict[str, None]()
        seen = {folder}
        while waiting:
            for path, entry in walk(self._snapshot, waiting.pop()):
                kept[path] = None
                if len(kept) > _MOST_FILES:
                    raise RenderError(f"{folder}: it has more than {_MOST_FILES:,} files: name a smaller folder")
                if entry.kind != "link":
                    continue
                found = find(self._snapshot, path)
                kept |= dict.fromkeys(found.links)
                if _is_folder(found) and found.path not in seen:
                    seen.add(found.path)
                    waiting.append(found.path)
                elif found.entry is not None and found.entry.kind == "file":
                    kept[found.path] = None
        return list(kept)

    def _may_be_written(self, path: str, entry: Entry) -> bool:
        if not _is_plain(path):
            return False
        try:
            return entry.kind != "link" or find(self._snapshot, path) is not None
        except LeadsOut:
            return False

    def _write(self, paths: Iterable[str], skip: bool = False) -> None:
        """Write what is not there yet; with `skip`, files that are too large are left out."""
        new: dict[str, Entry] = {}
        for path in sorted(set(paths) - self._written):
            folder, _, name = path.rpartition("/")
            new[path] = self._snapshot.entries(folder)[name]
        self._written.update(new)
        if odd := [path for path in new if not _is_plain(path)]:
            raise RenderError(f"{odd[0]!r}: this name is too long or has control characters: rename the file")
        self._write_files({path: entry for path, entry in new.items() if entry.kind == "file"}, skip)
        # Links last, so that no file can be written through one even if another check fails.
        for path, entry in sorted(new.items(), key=lambda one: one[1].kind == "link"):
            with self._reported(path):
                if entry.kind == "link":
                    self._folder.make_link(path, self._snapshot.target(path))
                elif entry.kind != "file":
                    self._folder.make_folder(path)

    def _write_files(self, files: Mapping[str, Entry], skip: bool) -> None:
        total = 0
        for (path, entry), data in zip(files.items(), self._snapshot.contents(list(files)), strict=True):
            if data is None:
                if not skip:
                    raise RenderError(f"{path}: the file has more than {LARGEST >> 20} MiB: split it")
                continue
            total += len(data)
            if total > _MOST_BYTES:
                raise RenderError(f"{path}: more than {_MOST_BYTES >> 30} GiB are needed: {_ADVICE}")
            with self._reported(path):
                self._folder.make_file(path, data, entry.executable)

    @contextmanager
    def _reported(self, path: str) -> Iterator[None]:
        try:
            yield
        except (FileExistsError, NotADirectoryError) as error:
            raise GitError(
                f"{path}: another entry has the same name on this file system: rename one of them"
            ) from error
        except OSError as error:
            where = self._root.parent
            raise ToolError(f"cannot write a private copy of {path} in {where}: {error.strerror}") from error


def _is_folder(found: Found) -> bool:
    return found.entry is not None and found.entry.kind == "folder"


def _is_plain(path: str) -> bool:
    return len(os.fsencode(path)) <= _LONGEST and not _CONTROLS.search(path)


def _link(source: str, target: str) -> None:
    """The same file on disk under another name, which is quicker than a copy; nobody writes to it."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        # Not every file system can.
        shutil.copy2(source, target, follow_symlinks=False)
