"""The branches that environments are on, in this repository and in others: what a fetch finds of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from promote.errors import ConfigError, UsageError
from promote.git.repository import Repository
from promote.repository import addresses, config, shared_branch
from promote.repository.config import Config
from promote.repository.environments import BRANCHES, Environment, is_elsewhere, sibling
from promote.repository.line import Line, Tip, checkout_note
from promote.repository.others import Others
from promote.repository.scope import file_bytes


class Branches:
    """The shared branch and those that its promote.yaml names, each at a place in a tree.

    `fetched` has what each fetch found, by place; `asked` are the other branches that the last one looked for, and
    `tips` the commits that it found of branches with environments. `others` knows the other repositories.
    """

    def __init__(self, repository: Repository, settings: Config) -> None:
        """`repository` is the clone that promote runs in, at the folder of the promote.yaml with these settings."""
        self._repository = repository
        self._settings = settings
        self._remote = settings.remote
        self.fetched: list[dict[str, str]] = []
        self.asked: tuple[str, ...] = ()
        self.tips: dict[str, str] = {}
        self.others = Others(repository, settings.remote)
        self._named: dict[str, Mapping[str, Environment]] = {}  # by commit, what its promote.yaml names by place
        self._is_shared = False  # whether the shared branch is the one that the remote itself names

    @property
    def ref(self) -> str:
        """The full name of the shared branch."""
        return f"refs/heads/{self._settings.branch}"

    def line(self, place: str = "") -> Line:
        """The branch at `place` of a tree, by default the shared one."""
        if not place:
            return Line(self._repository, self._settings.branch, "", self._remote)
        if is_elsewhere(place):
            return self.others.line(place)
        # What is on another branch is named from its top, wherever promote.yaml is.
        branch = place.removeprefix(f"{BRANCHES}/")
        return Line(self._repository.at(self._repository.root), branch, place, self._remote)

    def fetch(self, *branches: str) -> dict[str, str]:
        """Fetch the branches of environments and those of `branches` that exist; return their hashes, by place.

        Raises RaceLost if a branch was rewritten or deleted during the fetch, and ConfigError if the remote lacks
        the branch of an environment. A repository that cannot be used is one of those that `others` misses.
        """
        self._repository.remote_url(self._remote)
        own = [place for place in self._settings.places if not is_elsewhere(place)]
        refs = self.line().fetch([self.ref, *own, *(f"refs/heads/{branch}" for branch in branches)])
        self.asked = branches
        self.fetched.append(refs)
        if self.ref not in refs:
            raise UsageError(
                f"'{self._remote}' has no branch '{self._settings.branch}': push it, "
                "or name another one in promote.yaml (git.branch)"
            )
        self.tips = {"": refs[self.ref]}
        refs |= self._fetched_elsewhere(branches)
        self.tips = dict(self.completed(Tip(refs[self.ref], "", commits=self.tips)).commits)
        return refs

    def completed(self, tip: Tip) -> Tip:
        """The tip with the commits of all branches that have environments, as its promote.yaml says.

        Raises ConfigError where the remote or, in a clone without one, the clone lacks one of them.
        """
        places = self._places(tip.commits[""])
        wanted = {place: one for place, one in places.items() if place not in tip.commits}
        known = self.fetched[-1] if self.fetched else {}
        if lacking := [place for place in wanted if place not in known and not is_elsewhere(place)]:
            has_remote = self._repository.has_remote(self._remote)
            known |= self.line().fetch(lacking) if has_remote else self._local(lacking)
        for place, one in wanted.items():
            if place not in known and place not in self.others.missing:
                raise ConfigError(f"environment '{one.stage}': {self._unknown(one)}")
        return replace(tip, commits={**tip.commits, **{place: known[place] for place in wanted if place in known}})

    def head(self, branch: str, place: str = "") -> str | None:
        """The commit of a branch next to the one at `place`, as the last fetch found it; None if it did not look."""
        return self.fetched[-1].get(sibling(place, branch)) if self.fetched else None

    def tip(self, refs: dict[str, str] | None = None) -> Tip:
        """The remote's shared branch, with a note if the checkout is different."""
        commit = (refs or self.fetch())[self.ref]
        label = f"{self._remote}/{self._settings.branch}"
        notes = [*config.assumed(self._settings), *filter(None, [checkout_note(self._repository, commit, label)])]
        return Tip(commit, label, "; ".join(notes), commits={**self.tips, "": commit})

    def local_tip(self, *branches: str) -> Tip:
        """The remote's shared branch, fetched with `branches`; in a clone without remote, the checked-out commit."""
        if self._repository.has_remote(self._remote):
            return self.tip(self.fetch(*branches))
        commit = self._repository.resolve("HEAD")
        note = f"there is no remote '{self._remote}': HEAD is used instead"
        wanted = {place: one for place, one in self._places(commit).items() if one.repository}
        self.others.leave_out(wanted, UsageError(f"this clone has no remote '{self._remote}', which would name it"))
        return self.completed(Tip(commit, "HEAD", note, commits={"": commit}))

    def shared_at(self, commit: str) -> str | None:
        """The shared branch, as promote.yaml of a commit says it; None where there is none."""
        data = self._settings_at(commit)
        return config.parse(data).branch if data is not None else None

    def _places(self, commit: str) -> Mapping[str, Environment]:
        """By place, an environment of each branch that promote.yaml of a commit of the shared branch names."""
        if commit not in self._named:
            data = self._settings_at(commit)
            self._named[commit] = config.parse(data).places if data is not None else {}
        return self._named[commit]

    def _settings_at(self, commit: str) -> bytes | None:
        """promote.yaml of a commit."""
        own = self._repository
        with own.files_of(commit) as files:
            return file_bytes(files, (own.folder.relative_to(own.root) / config.FILE_NAME).as_posix())

    def _local(self, places: Iterable[str]) -> dict[str, str]:
        found = {}
        for place in places:
            with suppress(UsageError):
                found[place] = self._repository.resolve(place)
        return found

    def _fetched_elsewhere(self, branches: Collection[str]) -> dict[str, str]:
        """What is fetched of the repositories that promote.yaml on the shared branch names, by place."""
        wanted = {place: one for place, one in self._places(self.tips[""]).items() if one.repository}
        if not wanted:
            return {}
        try:
            # A checkout may be that of a pull request, which must not choose who says what is fetched and written.
            if not self._is_shared:
                shared_branch.insist(self.line(), self.shared_at, is_certain=True)
        except UsageError as error:
            self.others.leave_out(wanted, error)
            return {}
        self._is_shared = True
        return self.others.fetch(wanted, branches)

    def _unknown(self, one: Environment) -> str:
        """Why there is no commit of the branch of an environment."""
        if one.repository:
            return (
                f"{config.FILE_NAME} of '{self._remote}/{self._settings.branch}' does not name the repository "
                f"{addresses.named(one.repository)} and its branch '{one.branch}', so nothing is fetched from there: "
                "a new repository goes onto the shared branch first"
            )
        return f"'{self._remote}' has no branch '{one.branch}': push it, or correct {config.FILE_NAME}"
