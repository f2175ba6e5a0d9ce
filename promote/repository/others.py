"""The other repositories that environments are in."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from promote.errors import ConfigError, NetworkError, PromoteError, RaceLost, UsageError
from promote.git import clones
from promote.git.repository import Repository
from promote.repository import addresses
from promote.repository.environments import REPOSITORIES, Environment, place_of
from promote.repository.line import Line

_Places = Mapping[str, Environment]  # by place in a tree, an environment that is there


class Others:
    """Those whose addresses promote.yaml on the shared branch names; no other is ever asked.

    `missing` has, by place in a tree, why the files of a branch are not known. That stops only what needs them.
    """

    def __init__(self, own: Repository, remote: str) -> None:
        """`own` is the clone that promote runs in, with its `remote`."""
        self._own, self._remote = own, remote
        self._lines: dict[str, Line] = {}  # by folder of a tree
        self.missing: dict[str, PromoteError] = {}

    def line(self, place: str) -> Line:
        """The branch at `place`; raises UsageError where nobody has named its repository."""
        folder, branch = place.removeprefix(f"{REPOSITORIES}/").split("/", 1)
        if folder not in self._lines:
            raise UsageError(f"{place} is in a repository that promote.yaml on the shared branch does not name")
        known = self._lines[folder]
        return Line(known.repository, branch, place, known.remote)

    def fetch(self, wanted: _Places, branches: Collection[str]) -> dict[str, str]:
        """The commits of the branches of environments, and of those of `branches` that exist, by place.

        Raises RaceLost where one of them was rewritten or deleted during the fetch.
        """
        self.missing.clear()
        found: dict[str, str] = {}
        for address in dict.fromkeys(one.repository for one in wanted.values()):
            there = {place: one for place, one in wanted.items() if one.repository == address}
            try:
                found |= self._fetched(address, [*(one.branch for one in there.values()), *branches])
            except RaceLost:
                raise
            except PromoteError as error:
                self.leave_out(there, error)
        for place, one in wanted.items():
            if place not in found and place not in self.missing:
                self.leave_out({place: one}, ConfigError(f"it has no branch '{one.branch}'"))
        return found

    def leave_out(self, wanted: _Places, error: PromoteError) -> None:
        """Remember why these branches are not known."""
        for place, one in wanted.items():
            kind = NetworkError if isinstance(error, NetworkError) else ConfigError
            name = addresses.named(one.repository)
            self.missing[place] = kind(f"environment '{one.stage}': its repository {name} cannot be used: {error}")

    def _fetched(self, address: str, branches: Collection[str]) -> dict[str, str]:
        folder = addresses.folder(address)
        if folder not in self._lines:
            self._lines[folder] = self._connected(address)
        line = self._lines[folder]
        refs = line.fetch(dict.fromkeys(f"refs/heads/{branch}" for branch in branches))
        line.repository.remember(refs)
        return {place_of(address, ref.removeprefix("refs/heads/")): sha for ref, sha in refs.items()}

    def _connected(self, address: str) -> Line:
        """Any branch of the repository at `address`; raises UsageError for a path where the shared remote is none."""
        if addresses.is_local(address) and not addresses.is_local(self._own.remote_url(self._remote)):
            raise UsageError(
                f"a path of this machine is used only if '{self._remote}' is one, too: write https://HOST/PATH or "
                "ssh://HOST/PATH"
            )
        remote = addresses.named(address)
        return Line(clones.clone(address, remote, self._own), "", "", remote)
