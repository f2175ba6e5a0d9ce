"""Which files say the versions of an environment, for its history: mostly its own kustomization, sometimes more."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from promote.errors import PromoteError
from promote.git.repository import Repository
from promote.kustomize import versions, written
from promote.kustomize.files import FILE_NAMES
from promote.kustomize.sheets import Sheets
from promote.model import Image
from promote.repository.environments import Environment
from promote.system.paths import is_inside
from promote.system.snapshot import LARGEST, LeadsOut, Snapshot, find
from promote.versions.declared import Declared
from promote.versions.found import Versions
from promote.versions.images import ImagesFile


@dataclass(frozen=True, slots=True)
class Scope:
    """The files that say the versions of an environment; `is_own` if only `images:` of its own kustomization does."""

    environment: Environment
    paths: tuple[str, ...]
    is_own: bool = True
    declared: tuple[Declared, ...] = ()
    whole: bool = False

    def images(self, sheets: Sheets) -> tuple[Image, ...]:
        """What the files say; nothing where they cannot be read."""
        found = _versions(sheets, self.environment, self.declared, self.whole)
        return found.images if found else ()


def own_paths(environment: Environment) -> tuple[str, ...]:
    """The paths that the environment's own kustomization may have."""
    return tuple(f"{environment.path}/{name}".removeprefix("./") for name in FILE_NAMES)


def scopes(
    repository: Repository,
    tip: str,
    environments: Iterable[Environment],
    declared: Sequence[Declared] = (),
    whole: Collection[str] = (),
) -> dict[str, Scope]:
    """By name, the scope of each environment at the commit `tip`; of those in `whole`, with all layers."""
    folder = repository.folder.relative_to(repository.root).as_posix()
    with repository.files_of(tip) as files:
        sheets = Sheets(
            lambda path: file_bytes(files, posixpath.join(folder, path)),
            lambda path: has_file(files, posixpath.join(folder, path)),
        )
        return {one.name: _scope(sheets, one, tuple(declared), one.name in whole) for one in environments}


def _scope(sheets: Sheets, environment: Environment, declared: tuple[Declared, ...], whole: bool) -> Scope:
    own = Scope(environment, own_paths(environment))
    if not whole and not declared and written.is_plain(sheets, environment.path):
        return own
    found = _versions(sheets, environment, declared, whole)
    if found is None:
        return own
    paths = tuple(dict.fromkeys((*own.paths, *found.contents)))
    return Scope(environment, paths, not found.slots, declared, found.whole)


def _versions(
    sheets: Sheets, environment: Environment, declared: tuple[Declared, ...], whole: bool
) -> Versions | None:
    """What the environment runs; None where its files cannot be read."""
    path = sheets.kustomization(environment.path)
    try:
        own = ImagesFile.parse(sheets.data(path) or b"", path) if path else None
        return versions.find(sheets, own, environment.path, declared, whole=whole) if own else None
    except PromoteError:
        return None


def file_bytes(files: Snapshot, path: str) -> bytes | None:
    """The bytes of the file at `path`; None if there is none, or a link leads out of the snapshot."""
    found = _file(files, path)
    return next(files.contents([found])) if found is not None else None


def has_file(files: Snapshot, path: str) -> bool:
    """Whether there is a file at `path`, inside of the snapshot."""
    return _file(files, path) is not None


def _file(files: Snapshot, path: str) -> str | None:
    """The path, without links, of the file at `path`."""
    try:
        found = find(files, posixpath.normpath(path))
    except LeadsOut:
        return None
    return found.path if found.entry is not None and found.entry.kind == "file" else None


def bytes_below(file: Path, top: Path) -> bytes | None:
    """The bytes of a file of a checkout; None if there is none, it is outside of `top`, or it is too large."""
    is_ours = is_inside(file, top) and file.is_file() and file.stat().st_size <= LARGEST
    return file.read_bytes() if is_ours else None


def at_steps(
    state: Mapping[str, str],
    steps: Iterable[Mapping[str, str | None]],
    contents: Mapping[str, bytes],
    scope: Scope,
) -> list[tuple[Image, ...]]:
    """The images after each step, which has the new blobs of files; `state` are the blobs before all steps."""
    sheets = Sheets(lambda _: None).with_files({path: contents[blob] for path, blob in state.items()})
    known: dict[Image, Image] = {}  # equal ones are one object
    found = []
    for changed in steps:
        sheets = sheets.with_files({path: contents[blob] if blob else None for path, blob in changed.items()})
        found.append(tuple(known.setdefault(image, image) for image in scope.images(sheets)))
    return found
