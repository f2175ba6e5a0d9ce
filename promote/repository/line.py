"""A branch that environments are on, and its paths in a tree, which can have files of several branches."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from promote.errors import EditRefused, PushDeclined, RaceLost, UsageError
from promote.git.repository import Files, Push, Repository
from promote.repository.environments import is_elsewhere
from promote.system import printable


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest commits: `commit` is that of the branch that something is about, with its name in messages.

    `place` is that branch's in a tree; `commits` are those of all branches, by place. The shared one has none.
    """

    commit: str
    label: str
    note: str = ""
    place: str = ""
    commits: Mapping[str, str] = field(default_factory=dict)

    def on(self, place: str) -> Self:
        """The same commits, about the branch at `place`."""
        return replace(self, place=place, commit=self.commits.get(place, self.commit))

    def moved(self, commit: str) -> Self:
        """The same with another commit or tree of the branch that it is about."""
        return replace(self, commit=commit, commits={**self.commits, self.place: commit})


@dataclass(frozen=True, slots=True)
class Line:
    """One branch of `remote`; `place` is the folder of a tree that has its files, empty for the shared one."""

    repository: Repository
    branch: str
    place: str
    remote: str

    @property
    def ref(self) -> str:
        """The full name of the branch."""
        return f"refs/heads/{self.branch}"

    @property
    def another(self) -> str:
        """The name of its repository, empty for the one that promote runs in."""
        return self.remote if is_elsewhere(self.place) else ""

    @property
    def label(self) -> str:
        """Its name for people, with that of its repository unless that is the one that promote runs in."""
        return f"{self.branch} of {self.another}" if self.another else self.branch

    @property
    def url(self) -> str:
        """The URL of the remote, which may hold credentials; raises UsageError where there is none."""
        return self.repository.remote_url(self.remote)

    def is_next_to(self, other: Line) -> bool:
        """Whether both are branches of one repository, so that one push can move both."""
        return (self.repository.root, self.remote) == (other.repository.root, other.remote)

    def fetch(self, refs: Iterable[str]) -> dict[str, str]:
        """The hashes of those of `refs` that the remote has, with their objects.

        Raises RaceLost if one was rewritten or deleted meanwhile.
        """
        found = self.repository.remote_refs(self.remote, *refs)
        if not found or self.repository.needs_nothing_of(found.values()):
            return found
        self.repository.fetch(self.remote, found)
        if not self.repository.holds(found.values()):
            raise RaceLost(f"a branch of '{self.remote}' was rewritten during the fetch: run the command again")
        return found

    def push(self, *moves: Push) -> None:
        """Move refs of the remote, all or none; raises RaceLost when one is not where it was expected."""
        self.repository.push(self.remote, *moves)

    def land(self, commit: str, expected: str, *others: Push) -> None:
        """Move the branch itself from `expected` to `commit`, and other refs with it; raises as `push` does.

        Where the server does not accept it, PushDeclined says what else there is to do.
        """
        try:
            self.push(Push(self.ref, commit, expected), *others)
        except PushDeclined as error:
            way = "open a pull request (--pr, where the command has it), or let this account push there"
            raise PushDeclined(f"{error}; if the branch {self.label} is protected, {way}") from error

    def changed(self, old: str, new: str) -> list[str]:
        """The paths of a tree in which two commits or trees of the branch differ."""
        return [posixpath.join(self.place, path) for path in self.repository.changed(old, new)]

    def changed_modes(self, old: str, new: str, paths: Iterable[str]) -> list[str]:
        """Those of the `paths` of a tree that both commits of the branch have, but not with the same mode."""
        found = self.repository.changed_modes(old, new, map(self._own, paths))
        return [posixpath.join(self.place, path) for path in found]

    def read(self, commit: str, path: str) -> bytes | None:
        """The bytes of a file at a commit of the branch, by its path in a tree; None where there is no such file."""
        return self.repository.read(commit, self._own(path))

    def commit(self, parent: str, files: Files, message: str) -> str:
        """A new commit on `parent` with `files`, which are named as in a tree; no ref moves.

        Raises EditRefused where one of them is not a plain file of this branch.
        """
        return self.repository.commit(parent, {self._own(path): data for path, data in files.items()}, message)

    def _own(self, path: str) -> str:
        if not self.place:
            return path
        if not path.startswith(f"{self.place}/"):
            raise EditRefused(f"{path} is not on the branch {self.branch}: change it there")
        return posixpath.relpath(path, self.place)


def checkout_note(repository: Repository, commit: str, label: str) -> str:
    """What to say of a checkout that is not at the `commit` of the branch called `label`; empty if it is."""
    try:
        head = repository.resolve("HEAD")
    except UsageError:
        return ""
    ahead, behind = (
        printable.number_of(number, "commit") if (number := len(repository.ahead(*pair))) else ""
        for pair in ((commit, head), (head, commit))
    )
    parts = [f"is {behind} behind"] if behind else []
    parts += [f"has {ahead} not pushed"] if ahead else []
    parts += ["has uncommitted changes"] if repository.has_changes() else []
    return f"your checkout {' and '.join(parts)}: planned from {label}" if parts else ""
