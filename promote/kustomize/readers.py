"""Which folders kustomize builds with certain files: found by their texts, without parsing or building anything.

A word in a kustomization that is the name of something in the repository is taken for a reference to it. So a folder
may be named that does not read the files, but none is left out that names them in a usual way.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from itertools import islice

from promote.errors import PromoteError
from promote.kustomize.closure import closure
from promote.kustomize.files import FILE_NAMES
from promote.system.snapshot import LeadsOut, Snapshot, find

_CHARTS = re.compile("helmCharts", re.IGNORECASE)
_WORD = re.compile(r"""[^\s"'\[\]{},=]+""")
# A name with a space is quoted, or the rest of its line after one of these.
_QUOTED = re.compile(r"""["']([^"'\n]+)["']""")
_ANY_QUOTE = re.compile("[\"']")
_BEFORE = re.compile("[-:=] +")
_MOST_STARTS = 20  # of a name in one line


def readers(snapshot: Snapshot, folders: Iterable[str], files: Collection[str]) -> list[str]:
    """Those of `folders` whose building reads one of `files`, or may read it where that is not certain."""
    search, folders = _Search(snapshot, frozenset(files)), list(folders)
    search.look_at(folders)
    return [folder for folder in folders if _reads(search, folder)]


def _reads(search: _Search, folder: str) -> bool:
    try:
        if not search.reaches(folder):
            return False
        read = closure(search.snapshot, folder)
    except PromoteError:
        return False  # nothing is built of what cannot be read, or leads out of the repository
    return read is None or not search.files.isdisjoint(read)


class _Search:
    """Follows the names in kustomizations; each file is read once."""

    def __init__(self, snapshot: Snapshot, files: frozenset[str]) -> None:
        self.files = files
        self.snapshot = snapshot
        self._named: dict[str, frozenset[str]] = {}
        self._with_charts = set[str]()

    def reaches(self, folder: str) -> bool:
        """Whether names lead from the kustomization in `folder` to one of the files, or to a chart."""
        waiting, seen = [folder], {folder}
        while waiting:
            here = waiting.pop()
            if here not in self._named:
                self._learn([here])
            named = self._named[here]
            if here in self._with_charts or not self.files.isdisjoint(named):
                return True
            new = named - seen
            seen |= new
            waiting += new
        return False

    def look_at(self, folders: Iterable[str]) -> None:
        """Read the kustomizations in `folders` at once, which is quicker than one by one; what is wrong waits."""
        with suppress(PromoteError):
            self._learn(folders)

    def _learn(self, folders: Iterable[str]) -> None:
        """Read the kustomizations in `folders`, and everything in the repository that their words name."""
        found = {folder: [*self._files(folder)] for folder in folders}
        data = self.snapshot.contents([path for paths in found.values() for path in paths])
        for folder, paths in found.items():
            texts = [(path, next(data)) for path in paths]
            self._named[folder] = frozenset(name for one in texts for name in self._named_by(folder, *one))

    def _files(self, folder: str) -> Iterator[str]:
        here = self.snapshot.entries(folder)
        for name in (each for each in FILE_NAMES if each in here):
            found = find(self.snapshot, posixpath.join(folder, name))
            if found.entry is not None and found.entry.kind == "file":
                yield found.path

    def _named_by(self, folder: str, path: str, data: bytes | None) -> Iterator[str]:
        """The kustomization of `folder` at `path`, and what it names."""
        yield path
        text, here = (data or b"").decode("utf-8", "replace"), self.snapshot.entries(folder)
        # The files of a chart are named nowhere.
        if _CHARTS.search(text):
            self._with_charts.add(folder)
        for word in _words(text):
            # Most words name nothing: asked first what is quick to answer.
            if word.startswith(("..", "./")) or word.partition("/")[0] in here:
                yield from self._found(posixpath.normpath(posixpath.join(folder, word)))

    def _found(self, path: str) -> Iterator[str]:
        with suppress(LeadsOut):
            found = find(self.snapshot, path)
            if found.entry is not None and found.entry.kind in ("file", "folder"):
                yield found.path


def _words(text: str) -> Iterator[str]:
    yield from set(_WORD.findall(text))
    yield from (quoted for quoted in _QUOTED.findall(text) if " " in quoted)
    for line in text.split("\n"):
        rest = _ANY_QUOTE.split(line)[-1]
        starts = islice(_BEFORE.finditer(rest), _MOST_STARTS) if rest.count(" ") > 1 else ()
        yield from (name for start in starts if " " in (name := rest[start.end() :]))
