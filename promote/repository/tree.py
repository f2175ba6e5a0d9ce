"""The files of one commit, or of the checkout, in a separate folder."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from promote.errors import ConfigError, PromoteError
from promote.kustomize import versions, written
from promote.kustomize.files import LFS, LFS_PROBLEM, kustomization_of
from promote.kustomize.sheets import Sheets
from promote.kustomize.unmatched import unmatched
from promote.model import Hold, Image
from promote.repository import config, groups, holds
from promote.repository.config import Config
from promote.repository.environments import Environment
from promote.repository.private_tree import PrivateTree
from promote.repository.scope import bytes_below, own_paths
from promote.repository.typed import typed
from promote.system.paths import is_inside, write_below
from promote.versions.found import Versions
from promote.versions.images import ImagesFile
from promote.versions.templates import Reader


@dataclass(frozen=True, slots=True)
class Stated:
    """What the files of an environment say that it runs.

    `apart` has by name, of each image that it runs in several versions, where these are written; `bundles` are the
    names of charts and of bases in other repositories.
    """

    images: tuple[Image, ...]
    apart: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bundles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of one commit, or of the checkout, in a separate folder that may be changed freely.

    `installed` is the checkout, which also has the files that are installed and not committed. `top` is the whole
    repository, which is more than `root` if promote.yaml is in a subfolder. In a separate folder, `private`, is only
    what the methods here were asked for, promote.yaml and the rules. `mounted` are the places of other branches
    whose files are here; `missing` has, by place, why those of another repository are not.
    """

    root: Path
    config: Config
    installed: Path
    top: Path
    private: PrivateTree | None = None
    mounted: frozenset[str] = frozenset()
    missing: Mapping[str, PromoteError] = field(default_factory=dict, repr=False, compare=False)
    _sheets: list[Sheets] = field(default_factory=list, repr=False, compare=False)
    _reader: Reader = field(default_factory=Reader, repr=False, compare=False)

    def environment(self, name: str) -> Environment:
        """The environment or folder `name`, ready to be rendered; raises UsageError with the nearest name."""
        name = typed(self.installed, name, self.config.names)
        known = self.config.environments.get(self.config.known(name))
        stage = self.config.environments.get(name.partition("/")[0])
        if known is None and stage and groups.ANY in stage.path:
            return self.environment(stage.name)  # raises why its apps are not known
        if known and known.repository and known.place not in self.mounted:
            raise self.missing.get(known.place) or known.not_here
        self.folder(known.path if known else self.config.known(name))
        return self.config.environment(self.root, name)

    @property
    def readable(self) -> Mapping[str, Environment]:
        """The environments by name, without those in other repositories whose files are not here."""
        every = self.config.environments.items()
        return {name: one for name, one in every if not one.repository or one.place in self.mounted}

    @property
    def lacking(self) -> Mapping[str, Environment]:
        """Those that are not readable."""
        readable = self.readable
        return {name: one for name, one in self.config.environments.items() if name not in readable}

    def known(self, name: str) -> str:
        """The canonical form of `name`, so that a folder and its environment have the same holds."""
        return self.config.known(typed(self.installed, name, self.config.names))

    def whole(self, path: str) -> str:
        """`path` relative to the top of the repository."""
        return posixpath.normpath(posixpath.join(self.root.relative_to(self.top).as_posix(), path))

    def folder(self, path: str) -> Path:
        """The folder at `path` with everything that kustomize reads to build it."""
        if self.private is not None:
            self.private.provide_build(self.whole(path))
        return self.root / path

    def folders(self, names: Iterable[str]) -> list[tuple[Path, str]]:
        """The folder of each named environment, with its name; raises UsageError with the nearest name."""
        return [(self.root / self.environment(name).path, name) for name in names]

    def provide(self, path: str) -> Path:
        """The file at `path` or, if it is a folder, the folder with everything below it."""
        if self.private is not None:
            self.private.provide(self.whole(path))
        return self.root / path

    def target(self, path: str) -> Path:
        """What is at `path`, ready to be built if it is a kustomization, else to be read as it is."""
        folder = self.folder(path)
        return folder if kustomization_of(folder) else self.provide(path)

    def provide_all(self) -> Path:
        """The root, with every file below it."""
        if self.private is not None:
            self.private.provide_all()
        return self.root

    def link_build(self, path: str, target: Path) -> Path:
        """Give the empty folder `target` what `folder` has of `path`, without copying it; return that of `path`.

        The names are the same, relative to the top of the repository.
        """
        if self.private is None:
            raise ValueError("the checkout itself is never changed, so that nobody needs it twice")
        self.private.link_build(self.whole(path), target)
        return target / self.whole(path)

    def readers(self, files: Collection[str], but: Collection[str]) -> list[Environment]:
        """The environments, other than those called `but`, whose rendering reads one of `files`."""
        if self.private is None:
            raise ValueError("the checkout itself is never changed, so that nobody asks what reads it")
        others = [one for one in self.readable.values() if one.name not in but]
        folders = {self.whole(one.path): one for one in others}
        found = self.private.readers(folders, [self.whole(path) for path in files])
        return [one for path, one in folders.items() if path in found or (path == "." and "" in found)]

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None where there is none."""
        file = self.provide(path)
        if not is_inside(file, self.root):
            raise ConfigError(f"{path}: this link leads outside the repository; use a file")
        return file.read_bytes() if file.is_file() else None

    def versions(self, environment: Environment, *, whole: bool = False) -> Versions:
        """What the environment runs, by `versions.find`; raises ConfigError with file and line."""
        path, data = self._own_file(environment)
        own = ImagesFile.parse(data, path)
        return versions.find(self.sheets, own, environment.path, self.config.versions, whole=whole)

    def unmatched(self, environment: Environment) -> tuple[str, ...]:
        """The items of the environment's own `images:` that certainly match nothing that it renders."""
        found = self.versions(environment, whole=True)
        return unmatched(self.sheets, found.own, environment.path, found.slots)

    @property
    def sheets(self) -> Sheets:
        """The files, each read and parsed once."""
        if not self._sheets:
            private = self.private
            has = (lambda path: private.has(self.whole(path))) if private else None
            self._sheets.append(Sheets(self._data, has))
        return self._sheets[0]

    def edited(self, files: Mapping[str, bytes | None]) -> None:
        """Take note that `files` have other contents in the private copy."""
        self._sheets[:] = [self.sheets.with_files(files)]

    def overwrite(self, files: Mapping[str, bytes | None]) -> None:
        """Give `files` other contents, as files of the private copy."""
        for path in files:
            self.provide(path)
        write_below(self.root, files)
        self.edited(files)

    def _data(self, path: str) -> bytes | None:
        return self.private.data(self.whole(path)) if self.private else bytes_below(self.root / path, self.top)

    def _own_file(self, environment: Environment) -> tuple[str, bytes]:
        """The environment's own kustomization, with its bytes."""
        for path in own_paths(environment):
            self.provide(path)
        path = config.kustomization_file(self.root, environment)
        # Not of the folder, in which a change may have been written already.
        data = self.sheets.data(path) or (self.root / path).read_bytes()
        if data.startswith(LFS.encode()):
            raise ConfigError(f"{path}: {LFS_PROBLEM}")
        return path, data

    def images(self, environment: Environment) -> tuple[Image, ...]:
        """What an environment runs; raises ConfigError with file and line."""
        return self.stated(environment).images

    def stated(self, environment: Environment) -> Stated:
        """What an environment runs, and what else its files say of it."""
        if plain := self._plain_images(environment):
            return Stated(plain)
        found = self.versions(environment)
        return Stated(found.images, found.apart, found.bundles)

    def _plain_images(self, environment: Environment) -> tuple[Image, ...]:
        """The same, without positions, where only `images:` of its own kustomization says it; otherwise nothing.

        It is read ten times as fast where several environments differ only in versions.
        """
        if self.config.versions:
            return ()
        _, data = self._own_file(environment)
        return self._reader.read(data) if written.is_plain(self.sheets, environment.path) else ()

    def holds(self) -> tuple[Hold, ...]:
        """The versions that were rolled back or held; each branch says it of the environments that are on it."""
        places = {one.name: one.place for one in self.config.environments.values()}
        standing = [
            (place, hold)
            for place in ("", *self.config.places)
            for hold in holds.read(self.read(posixpath.join(place, holds.FILE_NAME)))
        ]
        return tuple(hold for place, hold in standing if places.get(hold.environment, "") == place)

    @staticmethod
    def holds_path(environment: Environment) -> str:
        """The file that has the holds of an environment."""
        return posixpath.join(environment.place, holds.FILE_NAME)
