"""Which files decide what is found in a target: a hash of everything that is read to render it, and to find lines.

A kustomization is understood only if every field is known here, in its exact notation, and everything that it names
is a file or a folder of the repository. In doubt there is no hash, and nothing is remembered of the target.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from promote.errors import RenderError
from promote.kustomize import local_charts, options
from promote.kustomize.fields import ENTRIES, FILES, FOLDERS, PLAIN
from promote.kustomize.files import FILE_NAMES, kustomization_of
from promote.yamltext import reader

_BUILT, _LISTED = ("resources", *FOLDERS), (*FILES, "patchesStrategicMerge")
# A name without what kustomize could take for an address, an option or a pattern.
_NAME = re.compile(r"(?!/)[A-Za-z0-9_./-]+")
_HOSTS = ("github.com", "gitlab.com", "bitbucket.org", "dev.azure.com", "_git")
# What names no file, in a plain notation, is left out before the rest is parsed: most overlays differ only in it.
# Its key stays. Within a text in quotes, which may have such lines, this makes a text that is not the name of a file.
_OWN = re.compile(
    r"""^(namespace|namePrefix|nameSuffix): [A-Za-z0-9-]+\n"""
    r"""|^(images):\n(?:[ ]*(?:- |  )(?:name|newName|newTag|digest): ["']?[A-Za-z0-9_][A-Za-z0-9_.:/@-]*["']?\n)+""",
    re.MULTILINE,
)
_MOST_FILES, _LARGEST = 5_000, 32 << 20
# The path by which a kustomization names a file or folder, and that without links, which is mostly the same.
_Place = tuple[str, Path]


class _DoubtError(Exception):
    """Something that is not understood here: kustomize may read anything."""


class Inputs:
    """Hashes of targets below `root`. What several of them share is read once: use it for one moment only."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._places: dict[str, Path] = {}
        self._built: dict[Path, frozenset[_Place]] = {}
        self._hashes: dict[Path, str] = {}
        self._parsed: dict[str, Any] = {}

    def of(self, path: Path) -> str | None:
        """A hash of all that is read for the target at `path`; None if that is not certain."""
        try:
            target = self._inside(path)
            read = self._build(target, ()) if kustomization_of(target) else map(_itself, self._below(target))
            lines = sorted(map(self._line, read))
            whole = "".join([options.identity(), "\n", *lines])
            return hashlib.sha256(whole.encode("utf-8", "surrogateescape")).hexdigest()
        except (_DoubtError, OSError, ValueError, RecursionError, RenderError):
            return None

    def _inside(self, path: str | Path) -> Path:
        """The path without links, if it exists below the root."""
        # By functions of `os.path` and only once: this is most of what an unchanged target takes.
        name = str(path)
        if name not in self._places:
            whole = os.path.realpath(name, strict=True)
            if os.path.commonpath([whole, self._root]) != self._root:
                raise _DoubtError
            self._places[name] = Path(whole)
        return self._places[name]

    def _line(self, place: _Place) -> str:
        """A line that changes with a place: its path, its content and, behind links, the name that it is read by.

        Links may change places while all files stay as they are.
        """
        name, real = place
        if real not in self._hashes:
            self._hashes[real] = "" if real.is_dir() else hashlib.sha256(self._read(real)).hexdigest()
        line = f"{os.path.relpath(real, self._root)}\0{self._hashes[real]}\n"
        return line if name == str(real) else f"{os.path.relpath(name, self._root)}\0{line}"

    def _build(self, folder: Path, above: tuple[Path, ...]) -> frozenset[_Place]:
        """What the kustomization in `folder` reads."""
        if folder not in self._built:
            named = [folder / name for name in FILE_NAMES if os.path.lexists(folder / name)]
            if len(named) != 1 or folder in above:
                raise _DoubtError
            content = self._content(named[0])
            if not isinstance(content, dict):
                raise _DoubtError
            found = {(str(named[0]), self._inside(named[0]))}
            for field, value in content.items():
                if field.casefold() in local_charts.FIELDS and options.used().helm:
                    found.update(self._charts(folder, named[0]))
                elif field not in PLAIN and value is not None:
                    found.update(self._named(folder, field, value, (*above, folder)))
            self._built[folder] = frozenset(found)
        return self._built[folder]

    def _content(self, file: Path) -> Any:
        whole = self._read(file).decode()
        text = _OWN.sub(r"\1\2:\n", whole)
        # A merge key or another document may be read in another way by kustomize.
        if "<<" in text or "\n---" in text:
            raise _DoubtError
        if text not in self._parsed:
            try:
                (self._parsed[text],) = reader.load_all(text, file.name)
            except RenderError:
                # Half of a list was left out, because a line of it has a comment.
                (self._parsed[text],) = reader.load_all(whole, file.name)
        return self._parsed[text]

    def _named(self, folder: Path, field: str, value: Any, above: tuple[Path, ...]) -> Iterator[_Place]:
        if field in _BUILT:
            yield from self._folders(folder, field, value, above)
        elif field in _LISTED:
            # A patch may be written in place of its name.
            inline = [name for name in _texts(value) if field == "patchesStrategicMerge" and "\n" in name]
            if any(os.path.lexists(os.path.normpath(os.path.join(folder, name))) for name in inline):  # noqa: PTH118
                raise _DoubtError
            yield from (self._at(folder, name) for name in _texts(value) if name not in inline)
        elif field in ENTRIES:
            yield from self._entries(folder, field, value)
        else:
            raise _DoubtError

    def _charts(self, folder: Path, file: Path) -> list[_Place]:
        """The files of the charts that the kustomization `file` renders, if they give the same result each time."""
        (root,) = reader.roots(self._read(file).decode())
        found = [_itself(file)]
        for chart in local_charts.of(root):
            top = self._at(folder, chart.folder)
            below = map(_itself, self._below(top[1]))
            found += [top, *below, *(self._at(folder, name) for name in chart.values)]
        if not local_charts.are_stable(self._read(one) for _, one in found if not one.is_dir()):
            raise _DoubtError
        return found

    def _folders(self, folder: Path, field: str, value: Any, above: tuple[Path, ...]) -> Iterator[_Place]:
        for name in _texts(value):
            place = self._at(folder, name)
            if place[1].is_dir():
                yield place
                yield from self._build(place[1], above)
            elif field == "resources":
                yield place
            else:
                raise _DoubtError

    def _entries(self, folder: Path, field: str, value: Any) -> Iterator[_Place]:
        """What the entries of a generator, or of patches and the like, name."""
        known, naming = ENTRIES[field]
        entries = [value] if field == "openapi" else value
        if not isinstance(entries, list):
            raise _DoubtError
        for entry in entries:
            if not isinstance(entry, dict) or not entry.keys() <= known:
                raise _DoubtError
            if "files" in naming:
                yield from self._generated(folder, entry)
            elif entry.get("path") is not None:
                yield from (self._at(folder, name) for name in _texts([entry["path"]]))

    def _generated(self, folder: Path, entry: dict[str, Any]) -> Iterator[_Place]:
        for name in _texts(entry.get("files") or []):
            yield self._at(folder, name.rpartition("=")[2])
        single = [entry["env"]] if entry.get("env") else []
        for name in _texts([*(entry.get("envs") or []), *single]):
            file = self._at(folder, name)
            lines = self._read(file[1]).decode("utf-8-sig").splitlines()
            # The value of a line without `=` comes from a variable of the environment.
            if any(line.strip() and not line.lstrip().startswith("#") and "=" not in line for line in lines):
                raise _DoubtError
            yield file

    def _at(self, folder: Path, name: str) -> _Place:
        """What `name` in the kustomization of `folder` leads to; like kustomize, this resolves `..` before links."""
        if not _NAME.fullmatch(name) or any(host in name.casefold() for host in _HOSTS):
            raise _DoubtError
        path = os.path.normpath(os.path.join(folder, name))  # noqa: PTH118 see `_inside`
        return path, self._inside(path)

    def _below(self, path: Path) -> list[Path]:
        """All files of a target without kustomization, except Git's own."""
        if not path.is_dir():
            return [path]
        found: list[Path] = []
        for parent, folders, names in os.walk(path):
            folders[:] = [each for each in folders if each != ".git"]
            if len(found) > _MOST_FILES or any(Path(parent, each).is_symlink() for each in (*folders, *names)):
                raise _DoubtError
            found += [Path(parent, each) for each in names]
        return found

    def _read(self, file: Path) -> bytes:
        details = file.stat()
        if not stat.S_ISREG(details.st_mode) or details.st_size > _LARGEST:
            raise _DoubtError
        return file.read_bytes()


def everything(folders: Iterable[Path]) -> str | None:
    """A hash of the names and contents of all files in `folders`; None if links make that uncertain."""
    digest = hashlib.sha256()
    try:
        for folder in folders:
            top = folder.resolve()
            digest.update(b"\0\0")
            for parent, inner, names in os.walk(top):
                inner.sort()
                for name in sorted(names):
                    file = Path(parent, name)
                    if file.is_symlink() or not file.is_file():
                        return None
                    data = file.read_bytes()
                    label = f"{file.relative_to(top).as_posix()}\0{len(data)}\0"
                    digest.update(label.encode("utf-8", "surrogateescape") + data)
                if any(Path(parent, each).is_symlink() for each in inner):
                    return None
    except OSError:
        return None
    return digest.hexdigest()


def _itself(file: Path) -> _Place:
    return str(file), file


def _texts(value: Any) -> list[str]:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return value
    raise _DoubtError
