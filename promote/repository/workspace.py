"""The clone that promote runs in, and private copies of its commits for planning and testing changes."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from promote.errors import RaceLost, UsageError
from promote.forge.protocol import Forge
from promote.forge.registry import forge_for
from promote.gates.protocol import History
from promote.kustomize import remotes
from promote.model import Revision
from promote.repository import config, groups
from promote.repository.config import Config
from promote.repository.environments import Environment
from promote.repository.past import Past
from promote.repository.private_tree import PrivateTree
from promote.repository.tree import Tree
from promote.repository.typed import typed
from promote.system.git import Repository
from promote.system.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Tip:
    """The tip of the shared branch: its commit, and its name in messages."""

    commit: str
    label: str
    note: str = ""


class Workspace:
    """One clone: its configuration, its remote, and the data of any commit."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.root = repository.folder
        self.config = config.load_or_find(self.root)
        if self.config.is_found:
            branch = repository.default_branch(self.config.remote) or self.config.branch
            self.config = replace(self.config, branch=branch)
        # Not what a commit that is looked at says: its author may not choose which servers are asked.
        remotes.allow(self.config.remotes)
        self.fetched: list[dict[str, str]] = []  # what each fetch found
        self.branches: tuple[str, ...] = ()  # those of the last fetch, other than the shared one

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

    @property
    def base_ref(self) -> str:
        """The full name of the shared branch."""
        return f"refs/heads/{self.config.branch}"

    def place(self) -> str:
        """The shared branch, by a name that is the same in all clones with this URL."""
        return self.repository.place(self.remote, self.base_ref)

    def fetch(self, *branches: str) -> dict[str, str]:
        """Fetch the shared branch and those of `branches` that exist; return their hashes on the remote.

        Raises RaceLost if a branch was rewritten or deleted during the fetch.
        """
        self.repository.remote_url(self.remote)
        wanted = [self.base_ref, *(f"refs/heads/{branch}" for branch in branches)]
        refs = self.repository.remote_refs(self.remote, *wanted)
        self.branches = branches
        self.fetched.append(refs)
        if self.base_ref not in refs:
            raise UsageError(
                f"'{self.remote}' has no branch '{self.config.branch}': push it, "
                "or name another one in promote.yaml (git.branch)"
            )
        self.repository.fetch(self.remote, refs)
        if not self.repository.holds(refs.values()):
            raise RaceLost(f"a branch of '{self.remote}' was rewritten during the fetch: run the command again")
        return refs

    def head(self, branch: str) -> str | None:
        """The commit of the remote's `branch` as the last fetch found it; None if it did not ask for it."""
        return self.fetched[-1].get(f"refs/heads/{branch}") if self.fetched else None

    def tip(self, refs: dict[str, str] | None = None) -> Tip:
        """The remote's shared branch, with a note if the checkout is different."""
        commit = (refs or self.fetch())[self.base_ref]
        label = f"{self.remote}/{self.config.branch}"
        notes = [*config.assumed(self.config), *filter(None, [self._note(commit, label)])]
        return Tip(commit, label, "; ".join(notes))

    def local_tip(self, *branches: str) -> Tip:
        """The remote's shared branch, fetched with `branches`; in a clone without remote, the checked-out commit."""
        if self.repository.has_remote(self.remote):
            return self.tip(self.fetch(*branches))
        commit = self.repository.resolve("HEAD")
        return Tip(commit, "HEAD", f"there is no remote '{self.remote}': HEAD is used instead")

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
    def at(self, commit: str, *, judged: bool = True) -> Iterator[Tree]:
        """A private copy of `commit`, deleted at the end of the block; it has rules and schemas only if `judged`."""
        with self.repository.files_of(commit) as files, self._private(files, judged=judged) as tree:
            yield tree

    @contextmanager
    def checkout_copy(self) -> Iterator[Tree]:
        """A private copy of the checkout as it is, uncommitted changes included."""
        with self.repository.checkout_files() as files, self._private(files) as tree:
            yield tree

    @contextmanager
    def _private(self, files: Snapshot, *, judged: bool = True) -> Iterator[Tree]:
        with tempfile.TemporaryDirectory(prefix="promote-tree-") as folder:
            top = Path(folder).resolve()
            root = top / self.root.relative_to(self.repository.root)
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

    def history(self, tip: str, environment: Environment, *, whole: bool = False) -> list[Revision]:
        """The revisions of an environment up to the commit `tip`; raises UsageError in a shallow clone."""
        named = [environment.name] if whole else []
        return Past(self.repository, [environment], tip, self.config.versions, named)[environment.name]

    def histories(self, environments: Iterable[Environment], tip: str, whole: Collection[str] = ()) -> History:
        """The revisions of several environments up to the commit `tip`, or HEAD; empty in a shallow clone.

        Each is read when it is asked for.
        """
        try:
            commit = tip or self.repository.resolve("HEAD")
            return Past(self.repository, environments, commit, self.config.versions, whole)
        except UsageError:
            return {}  # a shallow clone, or no commit yet


def _counted(commits: int) -> str:
    return "1 commit" if commits == 1 else f"{commits} commits"
