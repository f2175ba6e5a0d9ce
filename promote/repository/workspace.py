"""The clone that promote runs in, and private copies of its commits for planning and testing changes."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from promote.errors import ConfigError, RaceLost, UsageError
from promote.forge.protocol import Forge
from promote.forge.registry import forge_for
from promote.gates.protocol import History
from promote.model import Revision
from promote.repository import config, groups, trusted
from promote.repository.config import Config
from promote.repository.environments import BRANCHES, Environment
from promote.repository.line import Line, Tip
from promote.repository.past import Past
from promote.repository.private_tree import PrivateTree
from promote.repository.scope import file_bytes
from promote.repository.several import Several
from promote.repository.tree import Tree
from promote.repository.typed import typed
from promote.system.git import Repository
from promote.system.mounted import Mounted
from promote.system.snapshot import Snapshot

__all__ = ["Tip", "Workspace"]

_SEVERAL = 2


class Workspace:
    """One clone: its configuration, its remote, and the data of any commit."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.root = repository.folder
        self.config = config.load_or_find(self.root)
        if self.config.is_found:
            branch = repository.default_branch(self.config.remote) or self.config.branch
            self.config = replace(self.config, branch=branch)
        trusted.follow(self.config)
        self.fetched: list[dict[str, str]] = []  # what each fetch found
        self.branches: tuple[str, ...] = ()  # those of the last fetch that were asked for
        self.tips: dict[str, str] = {}  # by place, the commits of the last fetch of branches with environments

    @classmethod
    def here(cls) -> Workspace:
        """The clone that the current folder is in; raises UsageError outside of one."""
        here = Path.cwd()
        return cls(Repository.containing(here).at(config.root_of(here)))

    def environment(self, name: str) -> Environment:
        """The environment `name` of the checkout, or the folder that it means; raises UsageError."""
        return self.config.environment(self.root, typed(self.root, name, self.config.names))

    def known(self, name: str) -> str:
        """The canonical form of `name`, so that a folder and its environment have the same holds."""
        return self.config.known(typed(self.root, name, self.config.names))

    @property
    def remote(self) -> str:
        """The name of the shared remote."""
        return self.config.remote

    def forge(self) -> Forge:
        """The forge that the remote is on; what it keeps in Git is not in the folder with promote.yaml."""
        return forge_for(self.config.forge, self.repository.at(self.repository.root), self.remote)

    def line(self, place: str = "") -> Line:
        """The branch at `place` of a tree, by default the shared one."""
        if not place:
            return Line(self.repository, self.config.branch)
        # What is on another branch is named from its top, wherever promote.yaml is.
        return Line(self.repository.at(self.repository.root), place.removeprefix(f"{BRANCHES}/"), place)

    @property
    def base_ref(self) -> str:
        """The full name of the shared branch."""
        return f"refs/heads/{self.config.branch}"

    def place(self) -> str:
        """The shared branch, by a name that is the same in all clones with this URL."""
        return self.repository.place(self.remote, self.base_ref)

    def fetch(self, *branches: str) -> dict[str, str]:
        """Fetch the branches of environments and those of `branches` that exist; return their hashes on the remote.

        Raises RaceLost if a branch was rewritten or deleted during the fetch, and ConfigError if the remote lacks
        the branch of an environment.
        """
        self.repository.remote_url(self.remote)
        refs = self._fetched(self.base_ref, *self.config.places, *(f"refs/heads/{branch}" for branch in branches))
        self.branches = branches
        self.fetched.append(refs)
        if self.base_ref not in refs:
            raise UsageError(
                f"'{self.remote}' has no branch '{self.config.branch}': push it, "
                "or name another one in promote.yaml (git.branch)"
            )
        self.tips = {"": refs[self.base_ref]}
        self.tips = dict(self.completed(Tip(refs[self.base_ref], "", commits=self.tips)).commits)
        return refs

    def completed(self, tip: Tip) -> Tip:
        """The tip with the commits of all branches that have environments, as its promote.yaml says.

        Raises ConfigError where the remote or, in a clone without one, the clone lacks one of them.
        """
        wanted = {place: one for place, one in self._places(tip.commits[""]).items() if place not in tip.commits}
        known = self.fetched[-1] if self.fetched else {}
        if lacking := [place for place in wanted if place not in known]:
            known |= self._fetched(*lacking) if self.repository.has_remote(self.remote) else self._local(lacking)
        for place, one in wanted.items():
            if place not in known:
                raise ConfigError(
                    f"environment '{one.stage}': '{self.remote}' has no branch '{one.branch}': push it, "
                    f"or correct {config.FILE_NAME}"
                )
        return replace(tip, commits={**tip.commits, **{place: known[place] for place in wanted}})

    def shared_by(self, branch: str) -> str | None:
        """The shared branch, as promote.yaml on another `branch` of the remote says it; None where there is none."""
        return next((self.shared_at(commit) for commit in self._fetched(f"refs/heads/{branch}").values()), None)

    def shared_at(self, commit: str) -> str | None:
        """The same, as promote.yaml of a commit says it."""
        data = self._settings_at(commit)
        return config.parse(data).branch if data is not None else None

    def _places(self, commit: str) -> Mapping[str, Environment]:
        """By place, an environment of each branch that promote.yaml of a commit of the shared branch names."""
        data = self._settings_at(commit)
        return config.parse(data).places if data is not None else {}

    def _settings_at(self, commit: str) -> bytes | None:
        """promote.yaml of a commit."""
        with self.repository.files_of(commit) as files:
            return file_bytes(files, (self.root.relative_to(self.repository.root) / config.FILE_NAME).as_posix())

    def _local(self, places: Iterable[str]) -> dict[str, str]:
        found = {}
        for place in places:
            with suppress(UsageError):
                found[place] = self.repository.resolve(place)
        return found

    def _fetched(self, *refs: str) -> dict[str, str]:
        """The hashes of those of `refs` that the remote has, with their objects."""
        found = self.repository.remote_refs(self.remote, *refs)
        if found:
            self.repository.fetch(self.remote, found)
        if not self.repository.holds(found.values()):
            raise RaceLost(f"a branch of '{self.remote}' was rewritten during the fetch: run the command again")
        return found

    def head(self, branch: str) -> str | None:
        """The commit of the remote's `branch` as the last fetch found it; None if it did not ask for it."""
        return self.fetched[-1].get(f"refs/heads/{branch}") if self.fetched else None

    def tip(self, refs: dict[str, str] | None = None) -> Tip:
        """The remote's shared branch, with a note if the checkout is different."""
        commit = (refs or self.fetch())[self.base_ref]
        label = f"{self.remote}/{self.config.branch}"
        notes = [*config.assumed(self.config), *filter(None, [self._note(commit, label)])]
        return Tip(commit, label, "; ".join(notes), commits={**self.tips, "": commit})

    def local_tip(self, *branches: str) -> Tip:
        """The remote's shared branch, fetched with `branches`; in a clone without remote, the checked-out commit."""
        if self.repository.has_remote(self.remote):
            return self.tip(self.fetch(*branches))
        commit = self.repository.resolve("HEAD")
        note = f"there is no remote '{self.remote}': HEAD is used instead"
        return self.completed(Tip(commit, "HEAD", note, commits={"": commit}))

    def _note(self, commit: str, label: str) -> str:
        try:
            head = self.repository.resolve("HEAD")
        except UsageError:
            return ""
        ahead, behind = len(self.repository.ahead(commit, head)), len(self.repository.ahead(head, commit))
        parts = [f"is {_counted(behind)} behind"] if behind else []
        parts += [f"has {_counted(ahead)} not pushed"] if ahead else []
        parts += ["has uncommitted changes"] if self.repository.has_changes() else []
        return f"your checkout {' and '.join(parts)}: planned from {label}" if parts else ""

    @contextmanager
    def at(self, where: Tip | str, *, judged: bool = True) -> Iterator[Tree]:
        """A private copy of the commits of a tip, deleted at the end of the block.

        It has rules and schemas only if `judged`. Of a commit of the shared branch alone, it has the other branches
        as the last fetch found them.
        """
        commits = {**self.tips, "": where} if isinstance(where, str) else where.commits or {"": where.commit}
        below = self.root.relative_to(self.repository.root)
        with ExitStack() as stack:
            of = {
                (below / place).as_posix(): stack.enter_context(self.repository.files_of(commit))
                for place, commit in commits.items()
            }
            shared = of.pop(below.as_posix())
            yield stack.enter_context(self._private(Mounted(shared, of) if of else shared, of, judged=judged))

    @contextmanager
    def checkout_copy(self) -> Iterator[Tree]:
        """A private copy of the checkout as it is, uncommitted changes included."""
        with self.repository.checkout_files() as files, self._private(files) as tree:
            yield tree

    @contextmanager
    def _private(self, files: Snapshot, branches: Iterable[str] = (), *, judged: bool = True) -> Iterator[Tree]:
        """A private copy of `files`, which has other branches in the folders `branches`."""
        with tempfile.TemporaryDirectory(prefix="promote-tree-") as folder:
            top = Path(folder).resolve()
            root = top / self.root.relative_to(self.repository.root)
            for each in branches:
                # Nothing in it may lead out of it, as nothing may lead out of a repository.
                (top / each / ".git").mkdir(parents=True)
            with PrivateTree(files, top) as private:
                tree = Tree(root, Config(), self.root, top, private)
                if root != top:
                    tree.folder(".")
                tree.provide(config.FILE_NAME)
                settings = self._settings(files, tree)
                # What is judged by other rules, because these are missing, would look judged.
                for path in (settings.policies or config.POLICIES, *settings.schemas) if judged else ():
                    tree.provide(path)
                yield replace(tree, config=settings)

    @staticmethod
    def _settings(files: Snapshot, tree: Tree) -> Config:
        listing = groups.of_snapshot(files, tree.whole(""))
        if (tree.root / config.FILE_NAME).exists():
            return config.load(tree.root, listing)
        # Imported here: most repositories say what their environments are.
        from promote.repository import discovery, kustomizations

        return config.of_layout(discovery.layout(kustomizations.of_snapshot(files, tree.whole(""))), listing)

    def checkout(self) -> Tree:
        """The checkout itself, to read from."""
        return Tree(self.root, self.config, self.root, self.repository.root)

    def history(self, tip: Tip, environment: Environment, *, whole: bool = False) -> list[Revision]:
        """The revisions of an environment up to a tip; raises UsageError in a shallow clone."""
        named = [environment.name] if whole else []
        return self._past(environment.place, [environment], tip.on(environment.place).commit, named)[environment.name]

    def histories(self, environments: Iterable[Environment], tip: Tip, whole: Collection[str] = ()) -> History:
        """The revisions of several environments up to a tip, or HEAD; empty in a shallow clone.

        Each is read when it is asked for.
        """
        environments, by_place = list(environments), dict[str, list[Environment]]()
        for one in environments:
            by_place.setdefault(one.place, []).append(one)
        try:
            found = {
                place: self._past(place, some, tip.on(place).commit or self.repository.resolve("HEAD"), whole)
                for place, some in by_place.items()
            }
        except UsageError:
            return {}  # a shallow clone, or no commit yet
        if len(found) < _SEVERAL:
            return next(iter(found.values()), {})
        return Several({one.name: found[one.place] for one in environments})

    def _past(self, place: str, environments: Iterable[Environment], commit: str, whole: Collection[str]) -> Past:
        own = [replace(one, path=one.own_path) for one in environments] if place else environments
        return Past(self.line(place).repository, own, commit, self.config.versions, whole)


def _counted(commits: int) -> str:
    return "1 commit" if commits == 1 else f"{commits} commits"
