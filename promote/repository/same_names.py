"""Names that some file systems take for one: those of macOS and Windows ignore case and the notation of Unicode."""

from __future__ import annotations

import posixpath
import unicodedata
from functools import lru_cache

from promote.errors import Blocked
from promote.git.repository import Repository
from promote.system.snapshot import Snapshot, differing


def insist_on_none(repository: Repository, old: str, new: str, what: str) -> None:
    """Raise Blocked if a new name between two commits or trees is the same as another; `what` adds it.

    In a checkout where both names are one folder, it could change the files of an environment, and no gate of that
    environment would have been asked.
    """
    with repository.files_of(old) as before, repository.files_of(new) as after:
        if found := first(before, after):
            raise Blocked(
                f"{what} adds {found[0]}, which is {found[1]} in a checkout on macOS or Windows, where names may not "
                "differ only in case or in the notation of Unicode: give it another name"
            )


def first(before: Snapshot, after: Snapshot) -> tuple[str, str] | None:
    """A path that only `after` has, and another one of `after` that such a file system takes for it.

    Raises GitError where there are too many differences.
    """
    called = _Names(after)
    same: dict[str, list[str]] = {"": [""]}  # by path, the paths that are the same, itself first

    for changed in differing(before, after):
        here = ""
        for name in changed.split("/"):
            folder, here = here, posixpath.join(here, name)
            if name not in after.entries(folder):
                break  # it is deleted
            if here not in same:
                others = [one for each in same[folder] for one in called.like(each, name) if one != here]
                if others and name not in before.entries(folder):
                    return here, others[0]
                same[here] = [here, *others]
    return None


class _Names:
    """The names in the folders of a snapshot, each folder read once."""

    def __init__(self, files: Snapshot) -> None:
        self._files = files
        self._known: dict[str, dict[str, list[str]]] = {}  # by folder, its names by key

    def like(self, folder: str, name: str) -> list[str]:
        """The paths in `folder` whose names are the same as `name`."""
        if folder not in self._known:
            self._known[folder] = {}
            for one in self._files.entries(folder):
                self._known[folder].setdefault(_key(one), []).append(one)
        return [posixpath.join(folder, one) for one in self._known[folder].get(_key(name), ())]


@lru_cache(100_000)
def _key(name: str) -> str:
    """The same for names that are the same: Unicode's canonical caseless match (chapter 3.13, D145)."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
