"""One kustomization of a chain of layers, as the readers of its version fields see it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from posixpath import join, normpath

from yaml.nodes import Node

from promote.kustomize.sheets import Sheets
from promote.versions.atoms import Place, documents, items
from promote.versions.fields import split
from promote.versions.spots import Sheet
from promote.yamltext import places


@dataclass(frozen=True, slots=True)
class Layer:
    """The kustomization in `folder`; `files` collects those that say versions. Nothing outside `within` is read."""

    sheets: Sheets
    folder: str
    sheet: Sheet
    within: str | None
    files: dict[str, None]

    @property
    def root(self) -> Place:
        """The kustomization itself."""
        return next(documents(self.sheet))

    def items(self, key: str) -> Iterator[Place]:
        """The items of the list at `key`."""
        return items(self.root.at(key))

    def read(self, name: str, hints: Sequence[bytes] = ()) -> Sheet | None:
        """The YAML file that the kustomization names, if it may be read and has one of the hints."""
        path = self._path(name)
        return self.sheets.sheet(path, hints) if path else None

    def data(self, name: str) -> bytes | None:
        """The bytes of the file that the kustomization names, if it may be read."""
        path = self._path(name)
        return self.sheets.data(path) if path else None

    def _path(self, name: str) -> str:
        path = normpath(join(self.folder, name))
        is_name = name and "\n" not in name and "\0" not in name and not posixpath.isabs(name)
        return path if is_name and is_within(path, self.within) else ""


def is_within(path: str, within: str | None) -> bool:
    """Whether a path may be read."""
    return within is None or path == within or path.startswith(f"{within}/") or within == "."


def says_version(item: Node) -> bool:
    """Whether an item of `images:` sets a version, and not only a name."""
    is_set = any(places.text(item, field) for field in ("newTag", "digest"))
    return is_set or split(places.text(item, "newName"))[1].is_set
