"""The YAML files of one commit or checkout, each read and parsed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import basename, join, normpath

from promote.errors import ConfigError
from promote.kustomize.files import FILE_NAMES
from promote.versions.images import ImagesFile
from promote.versions.spots import Sheet

Read = Callable[[str], bytes | None]  # the bytes of the file at a path; None where there is no file


@dataclass(slots=True)
class Sheets:
    """The files of one commit or checkout, each read and parsed once; `seen` are those that were asked for.

    `has` says quickly whether there is a file, where that is possible without its bytes.
    """

    read: Read
    has: Callable[[str], bool] | None = None
    seen: dict[str, bytes | None] = field(default_factory=dict)
    reads: dict[str, frozenset[str]] = field(default_factory=dict)
    _parsed: dict[str, Sheet | None] = field(default_factory=dict)
    _images: dict[str, ImagesFile | None] = field(default_factory=dict)
    direct: dict[str, tuple[set[str], set[str]]] = field(default_factory=dict)

    def with_files(self, changed: Mapping[str, bytes | None]) -> Sheets:
        """The same files with other contents for some."""
        parsed = {path: sheet for path, sheet in self._parsed.items() if path not in changed}
        images = {path: file for path, file in self._images.items() if path not in changed}
        return Sheets(self.read, self.has, {**self.seen, **changed}, {}, parsed, images)

    def know(self, file: ImagesFile) -> None:
        """Take the `images:` of a kustomization that was parsed already."""
        self.seen[file.source], self._images[file.source] = file.data, file

    def is_file(self, path: str) -> bool:
        """Whether there is a file at a path."""
        return self.data(path) is not None if self.has is None or path in self.seen else self.has(path)

    def data(self, path: str) -> bytes | None:
        """The bytes of a file."""
        if path not in self.seen:
            self.seen[path] = self.read(path)
        return self.seen[path]

    def sheet(self, path: str, hints: Sequence[bytes] = ()) -> Sheet | None:
        """The YAML of a file, if it can be read and has one of the hints."""
        data = self.data(path)
        if data is None or (hints and not any(hint in data for hint in hints)):
            return None
        if path not in self._parsed:
            try:
                self._parsed[path] = Sheet.parse(data, path)
            except ConfigError:
                self._parsed[path] = None
        return self._parsed[path]

    def images(self, path: str) -> ImagesFile | None:
        """The `images:` of a kustomization, if they can be read."""
        if path not in self._images:
            data = self.data(path) or b""
            try:
                self._images[path] = ImagesFile.parse(data, path) if b"images" in data else None
            except ConfigError:
                self._images[path] = None
        return self._images[path]

    @staticmethod
    def is_kustomization(path: str) -> bool:
        """Whether a path has the name of a kustomization."""
        return basename(path) in FILE_NAMES

    def kustomization(self, folder: str) -> str | None:
        """The path of the kustomization in a folder."""
        paths = [normpath(join(folder, name)) for name in FILE_NAMES]
        return next((path for path in paths if self.is_file(path)), None)
