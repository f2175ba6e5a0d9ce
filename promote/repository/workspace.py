"""The clone that promote runs in, and private copies of its commits for planning and testing changes."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from promote.errors import UsageError
from promote.forge.protocol import Forge
from promote.forge.registry import forge_for, forge_of_another
from promote.gates.protocol import History
from promote.git.repository import Repository
from promote.model import Revision
from promote.repository import config, groups, trusted
from promote.repository.branches import Branches
from promote.repository.config import Config
from promote.repository.environments import Environment, is_elsewhere
from promote.repository.line import Tip
from promote.repository.past import Past
from promote.repository.private_tree import PrivateTree
from promote.repository.several import Several
from promote.repository.tree import Tree
from promote.repository.typed import typed
from promote.system.mounted import Mounted
from promote.system.snapshot import Snapshot

__all__ = ["Tip", "Workspace"]

_SEVERAL = 2


class Workspace:
    """One clone: its configuration, the branches of its remote, and the data of any commit."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.root = repository.folder
        self.config = found = config.load_or_find(self.root)
        if not (self.root / config.FILE_NAME).exists():
            self.config = replace(found, branch=repository.default_branch(found.remote) or found.branch)
        trusted.follow(self.config)
        self.branches = Branches(repository, self.config)

    @classmethod
    def here(cls) -> Workspace:
        """The clone that the current folder is in; raises UsageError outside of one."""
        here = Path.cwd()
        return cls(Repository.containing(here).at(config.root_of(here)))

    def environment(self, name: str) -> Environment:
        """The environment `name`, as the newest commits say it; raises what stops its use."""
        with self.at(self.branches.tip(), judged=False) as tree:
            return tree.environment(name)

    def known(self, name: str) -> str:
        """The canonical form of `name`, so that a folder and its environment have the same holds."""
        return self.config.known(typed(self.root, name, self.config.names))

    @property
    def remote(self) -> str:
        """The name of the shared remote."""
        return self.config.remote

    def forge(self, place: str = "") -> Forge:
        """The forge that the branch at `place` is on; what it keeps in Git is not in the folder with promote.yaml."""
        own = self.repository.at(self.repository.root)
        if not is_elsewhere(place):
            return forge_for(self.config.forge, own, self.remote)
        line = self.branches.line(place)
        return forge_of_another(self.config.forge, line.repository, line.remote, own.remote_url(self.remote))

    def place(self) -> str:
        """The shared branch, by a name that is the same in all clones with this URL."""
        return self.repository.place(self.remote, self.branches.ref)

    def place_of(self, name: str) -> str:
        """The place of the environment `name` or, of many folders, of all of them; raises what stops its use."""
        with self.at(self.branches.tip(), judged=False) as tree:
            place = (next(iter(tree.config.members(name)), None) or tree.environment(name)).place
        if error := self.branches.others.missing.get(place):
            raise error
        return place

    @contextmanager
    def at(self, where: Tip | str, *, judged: bool = True) -> Iterator[Tree]:
        """A private copy of the commits of a tip, deleted at the end of the block.

        It has rules and schemas only if `judged`. Of a commit of the shared branch alone, it has the other branches
        as the last fetch found them.
        """
        commits = {**self.branches.tips, "": where} if isinstance(where, str) else where.commits or {"": where.commit}
        below = self.root.relative_to(self.repository.root)
        with ExitStack() as stack:
            of = {
                (below / place).as_posix(): stack.enter_context(self.branches.line(place).repository.files_of(commit))
                for place, commit in commits.items()
            }
            shared = of.pop(below.as_posix())
            files = Mounted(shared, of) if of else shared
            tree = stack.enter_context(self._private(files, of, judged=judged))
            yield replace(tree, mounted=frozenset(commits), missing=dict(self.branches.others.missing))

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
                # Without these rules, others would judge, and the result would look judged.
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
        environments = [one for one in environments if not is_elsewhere(one.place) or one.place in tip.commits]
        by_place = dict[str, list[Environment]]()
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
        return Past(self.branches.line(place).repository, own, commit, self.config.versions, whole)
