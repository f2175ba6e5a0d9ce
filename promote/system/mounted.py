"""One snapshot with others as folders in it, such as the files of further branches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promote.system.snapshot import Entry, Snapshot


class Mounted:
    """The files of `base`, and those of each of `others` in the folder that it is named by.

    What `base` itself has at such a folder is not seen.
    """

    def __init__(self, base: Snapshot, others: Mapping[str, Snapshot]) -> None:
        self._base, self._others = base, others

    def entries(self, folder: str) -> Mapping[str, Entry]:
        """As `Snapshot.entries`."""
        snapshot, inner = self._owner(folder)
        if snapshot is not self._base:
            return snapshot.entries(inner)
        start = f"{folder}/" if folder else ""
        below = [place.removeprefix(start) for place in self._others if place.startswith(start)]
        return {**self._base.entries(folder), **{each.partition("/")[0]: Entry("folder") for each in below}}

    def target(self, link: str) -> str:
        """As `Snapshot.target`."""
        snapshot, inner = self._owner(link)
        return snapshot.target(inner)

    def contents(self, files: Sequence[str]) -> Iterator[bytes | None]:
        """As `Snapshot.contents`."""
        owned = [self._owner(file) for file in files]
        readers = {
            snapshot: snapshot.contents([inner for each, inner in owned if each is snapshot])
            for snapshot in dict.fromkeys(each for each, _ in owned)
        }
        for snapshot, _ in owned:
            yield next(readers[snapshot])
        for reader in readers.values():
            yield from reader  # nothing, but so each comes to its end

    def _owner(self, path: str) -> tuple[Snapshot, str]:
        """The snapshot that has `path`, and the path in it."""
        for place, snapshot in self._others.items():
            if path == place or path.startswith(f"{place}/"):
                return snapshot, path[len(place) + 1 :]
        return self._base, path
