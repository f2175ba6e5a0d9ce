"""The kustomization files of a repository, as far as a layout can be recognised from them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import join, normpath

from promote.errors import PromoteError
from promote.git import sparse
from promote.kustomize.files import FILE_NAMES, KINDS
from promote.system.snapshot import Snapshot
from promote.yamltext import reader

# Folders of other programs, in which a kustomization is not the repository's own.
_FOREIGN = frozenset({"node_modules", "vendor", "testdata", "third_party"})
_IMAGE = re.compile(rb"""^[ -]*image:[ ]*["']?[^\s"'#]+[:@]\w""", re.MULTILINE)
_LARGEST = 1 << 20  # bytes; a larger kustomization is not written by people


@dataclass(frozen=True, slots=True)
class Kustomization:
    """A folder with a kustomization: the folders that it builds on, and whether its file sets versions.

    It does with `images:`, `helmCharts:`, and with `?ref=` in what it takes from other repositories.
    """

    path: str
    uses: frozenset[str]
    has_versions: bool
    is_component: bool


@dataclass(frozen=True, slots=True)
class Survey:
    """All kustomizations by folder, all folders, and by folder why a kustomization could not be read.

    `own` are the YAML files in each folder with a kustomization, that one among them, and `read` reads them.
    """

    kustomizations: dict[str, Kustomization]
    folders: frozenset[str]
    unread: dict[str, str]
    own: Mapping[str, Sequence[str]] = field(default_factory=dict)
    read: Callable[[str], bytes] = field(default=lambda _: b"")

    def says_images(self, path: str) -> bool:
        """Whether a file in the folder `path`, such as a patch, says an image with a version."""
        for file in self.own.get(path, ()):
            with suppress(OSError, ValueError, PromoteError):
                if _IMAGE.search(self.read(file)):
                    return True
        return False

    def runs_images(self, path: str) -> bool:
        """Whether the kustomization in the folder `path`, or one that it builds on, says images with versions."""
        return any(self.says_images(one) or self.kustomizations[one].has_versions for one in self._all(path))

    def reaches_versions(self, path: str) -> bool:
        """Whether the kustomization in the folder `path`, or one that it builds on, sets versions."""
        return any(self.kustomizations[one].has_versions for one in self._all(path))

    def _all(self, path: str) -> set[str]:
        return {path, *self.below(path)} & self.kustomizations.keys()

    def below(self, path: str) -> set[str]:
        """The folders with the kustomizations that the one in the folder `path` builds on."""
        found, waiting = set[str](), [path]
        while waiting:
            here = self.kustomizations.get(waiting.pop())
            more = (here.uses if here else frozenset()) & self.kustomizations.keys() - found
            found |= more
            waiting += more
        return found


@contextmanager
def survey(root: Path) -> Iterator[Survey]:
    """The kustomizations below `root`, also those that a sparse checkout leaves out, to read within the block.

    Links, hidden folders and nested clones are not followed.
    """
    gone = sparse.all_left_out(root)
    with sparse.contents(root, _LARGEST) as content:

        def read(path: str) -> bytes:
            if path in gone:
                return _or_large(content(gone[path]))
            with (root / path).open("rb") as file:
                return file.read(_LARGEST + 1)

        yield _survey(_with_gone(_folders(root), gone), read)


def of_snapshot(files: Snapshot, top: str) -> Survey:
    """What there is of a commit below its folder `top`."""
    top = "" if top == "." else top
    return _survey(_of_snapshot(files, top), lambda path: _or_large(next(files.contents([join(top, path)]))))


def _survey(folders: Iterable[tuple[str, Collection[str]]], read: Callable[[str], bytes]) -> Survey:
    found, known, unread, own = {}, set(), {}, {}
    for path, names in folders:
        known.add(path)
        name = next((name for name in FILE_NAMES if name in names), None)
        if name is None:
            continue
        file = normpath(join(path, name))
        own[path] = [normpath(join(path, each)) for each in sorted(names) if each.endswith((".yaml", ".yml"))]
        try:
            found[path] = _parsed(read(file), path, file)
        except (OSError, ValueError, PromoteError) as error:
            unread[path] = f"{file} cannot be read: {str(error).removeprefix(f'{file}:')}"
    return Survey(found, frozenset(known), unread, own, read)


def _of_snapshot(files: Snapshot, top: str) -> Iterator[tuple[str, Collection[str]]]:
    waiting = ["."]
    while waiting:
        path = waiting.pop()
        entries = files.entries(join(top, path) if path != "." else top)
        yield path, [name for name, entry in entries.items() if entry.kind == "file"]
        below = [name for name, entry in entries.items() if entry.kind == "folder" and _is_ours(name)]
        waiting += [normpath(join(path, name)) for name in below]


def _is_ours(name: str) -> bool:
    return name[0] != "." and name not in _FOREIGN


def _folders(root: Path) -> Iterator[tuple[str, list[str]]]:
    for folder, below, files in os.walk(root):
        path = Path(folder)
        is_other = path != root and ((path / ".git").exists() or path.is_symlink())
        below[:] = [] if is_other else sorted(filter(_is_ours, below))
        if not is_other:
            yield path.relative_to(root).as_posix(), files


def _with_gone(
    folders: Iterable[tuple[str, list[str]]], gone: Iterable[str]
) -> Iterator[tuple[str, Collection[str]]]:
    """The `folders` with the names in them, and the files `gone` with the folders that these are in."""
    left: dict[str, list[str]] = {}
    for file in gone:
        above, _, name = file.rpartition("/")
        if all(map(_is_ours, filter(None, above.split("/")))):
            left.setdefault(above or ".", []).append(name)
    for path, names in folders:
        yield path, [*names, *left.pop(path, ())]
    yield from left.items()


def _parsed(data: bytes, path: str, where: str) -> Kustomization:
    if len(data) > _LARGEST:
        raise ValueError("it is larger than 1 MiB")
    _, content = reader.document(data, where, first=True)
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise ValueError("it is not a mapping")  # noqa: TRY004 one kind of fault
    kind = content.get("kind")
    if isinstance(kind, str) and kind not in KINDS:
        raise ValueError(f"it is a {kind}, not a kustomization")
    listed = [content[key] for key in ("resources", "bases") if isinstance(content.get(key), list)]
    entries = [one for each in listed for one in each if isinstance(one, str)]
    uses = {normpath(join(path, one)) for one in entries if "://" not in one}
    is_component = kind == "Component"
    has_versions = any(content.get(key) for key in ("images", "helmCharts")) or any("?ref=" in one for one in entries)
    return Kustomization(path, frozenset(one for one in uses if one != path), has_versions, is_component)


def _or_large(data: bytes | None) -> bytes:
    """What was read, or what is reported in place of a file that is too large."""
    return b"[too large]" if data is None else data
