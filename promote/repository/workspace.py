"""The clone that promote runs in, and private copies of its commits for planning and testing changes."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from promote.errors import ConfigError, UsageError
from promote.forge.protocol import Forge
from promote.forge.registry import forge_for, forge_of_another
from promote.gates.protocol import History
from promote.git.repository import Repository
from promote.model import Revision
from promote.repository import addresses, config, groups, shared_branch, trusted
from promote.repository.config import Config
from promote.repository.environments import BRANCHES, Environment, is_elsewhere, sibling
from promote.repository.line import Line, Tip, checkout_note
from promote.repository.others import Others
from promote.repository.past import Past
from promote.repository.private_tree import PrivateTree
from promote.repository.scope import file_bytes
from promote.repository.several import Several
from promote.repository.tree import Tree
from promote.repository.typed import typed
from promote.system.mounted import Mounted
from promote.system.snapshot import Snapshot

__all__ = ["Tip", "Workspace"]

_SEVERAL = 2


class Workspace:
    """One clone: its configuration, its remote, and the data of any commit."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.root = repository.folder
        self.config = found = config.load_or_find(self.root)
        if not (self.root / config.FILE_NAME).exists():
            self.config = replace(found, branch=repository.default_branch(found.remote) or found.branch)
        trusted.follow(self.config)
        self.fetched: list[dict[str, str]] = []  # what each fetch found
        self.branches: tuple[str, ...] = ()  # those of the last fetch that were asked for
        self.tips: dict[str, str] = {}  # by place, the commits of the last fetch of branches with environments
        self.others = Others(repository, self.config.remote)
        self._named: dict[str, Mapping[str, Environment]] = {}  # by commit, what its promote.yaml names by place
        self._is_shared = False  # whether the shared branch is the one that the remote itself names

    @classmethod
    def here(cls) -> Workspace:
        """The clone that the current folder is in; raises UsageError outside of one."""
        here = Path.cwd()
        return cls(Repository.containing(here).at(config.root_of(here)))

    def environment(self, name: str) -> Environment:
        """The environment `name`, as the newest commits say it; raises what stops its use."""
        with self.at(self.tip(), judged=False) as tree:
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
        line = self.line(place)
        return forge_of_another(self.config.forge, line.repository, line.remote, own.remote_url(self.remote))

    def line(self, place: str = "") -> Line:
        """The branch at `place` of a tree, by default the shared one."""
        if not place:
            return Line(self.repository, self.config.branch, "", self.remote)
        if is_elsewhere(place):
            return self.others.line(place)
        # What is on another branch is named from its top, wherever promote.yaml is.
        branch = place.removeprefix(f"{BRANCHES}/")
        return Line(self.repository.at(self.repository.root), branch, place, self.remote)

    @property
    def base_ref(self) -> str:
        """The full name of the shared branch."""
        return f"refs/heads/{self.config.branch}"

    def place(self) -> str:
        """The shared branch, by a name that is the same in all clones with this URL."""
        return self.repository.place(self.remote, self.base_ref)

    def fetch(self, *branches: str) -> dict[str, str]:
        """Fetch the branches of environments and those of `branches` that exist; return their hashes, by place.

        Raises RaceLost if a branch was rewritten or deleted during the fetch, and ConfigError if the remote lacks
        the branch of an environment. A repository that cannot be used is one of those that `others` misses.
        """
        self.repository.remote_url(self.remote)
        own = [place for place in self.config.places if not is_elsewhere(place)]
        refs = self.line().fetch([self.base_ref, *own, *(f"refs/heads/{branch}" for branch in branches)])
        self.branches = branches
        self.fetched.append(refs)
        if self.base_ref not in refs:
            raise UsageError(
                f"'{self.remote}' has no branch '{self.config.branch}': push it, "
                "or name another one in promote.yaml (git.branch)"
            )
        self.tips = {"": refs[self.base_ref]}
        refs |= self._fetched_elsewhere(branches)
        self.tips = dict(self.completed(Tip(refs[self.base_ref], "", commits=self.tips)).commits)
        return refs

    def completed(self, tip: Tip) -> Tip:
        """The tip with the commits of all branches that have environments, as its promote.yaml says.

        Raises ConfigError where the remote or, in a clone without one, the clone lacks one of them.
        """
        places = self._places(tip.commits[""])
        wanted = {place: one for place, one in places.items() if place not in tip.commits}
        known = self.fetched[-1] if self.fetched else {}
        if lacking := [place for place in wanted if place not in known and not is_elsewhere(place)]:
            known |= self.line().fetch(lacking) if self.repository.has_remote(self.remote) else self._local(lacking)
        for place, one in wanted.items():
            if place not in known and place not in self.others.missing:
                raise ConfigError(f"environment '{one.stage}': {self._unknown(one)}")
        return replace(tip, commits={**tip.commits, **{place: known[place] for place in wanted if place in known}})

    def place_of(self, name: str) -> str:
        """The place of the environment `name` or, of many folders, of all of them; raises what stops its use."""
        with self.at(self.tip(), judged=False) as tree:
            place = (next(iter(tree.config.members(name)), None) or tree.environment(name)).place
        if error := self.others.missing.get(place):
            raise error
        return place

    def _unknown(self, one: Environment) -> str:
        """Why there is no commit of the branch of an environment."""
        if one.repository:
            return (
                f"{config.FILE_NAME} of '{self.remote}/{self.config.branch}' does not name the repository "
                f"{addresses.named(one.repository)} and its branch '{one.branch}', so nothing is fetched from there: "
                "a new repository goes onto the shared branch first"
            )
        return f"'{self.remote}' has no branch '{one.branch}': push it, or correct {config.FILE_NAME}"

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
        with self.repository.files_of(commit) as files:
            return file_bytes(files, (self.root.relative_to(self.repository.root) / config.FILE_NAME).as_posix())

    def _local(self, places: Iterable[str]) -> dict[str, str]:
        found = {}
        for place in places:
            with suppress(UsageError):
                found[place] = self.repository.resolve(place)
        return found

    def head(self, branch: str, place: str = "") -> str | None:
        """The commit of a branch next to the one at `place`, as the last fetch found it; None if it did not look."""
        return self.fetched[-1].get(sibling(place, branch)) if self.fetched else None

    def tip(self, refs: dict[str, str] | None = None) -> Tip:
        """The remote's shared branch, with a note if the checkout is different."""
        commit = (refs or self.fetch())[self.base_ref]
        label = f"{self.remote}/{self.config.branch}"
        notes = [*config.assumed(self.config), *filter(None, [checkout_note(self.repository, commit, label)])]
        return Tip(commit, label, "; ".join(notes), commits={**self.tips, "": commit})

    def local_tip(self, *branches: str) -> Tip:
        """The remote's shared branch, fetched with `branches`; in a clone without remote, the checked-out commit."""
        if self.repository.has_remote(self.remote):
            return self.tip(self.fetch(*branches))
        commit = self.repository.resolve("HEAD")
        note = f"there is no remote '{self.remote}': HEAD is used instead"
        wanted = {place: one for place, one in self._places(commit).items() if one.repository}
        self.others.leave_out(wanted, UsageError(f"this clone has no remote '{self.remote}', which would name it"))
        return self.completed(Tip(commit, "HEAD", note, commits={"": commit}))

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
                (below / place).as_posix(): stack.enter_context(self.line(place).repository.files_of(commit))
                for place, commit in commits.items()
            }
            shared = of.pop(below.as_posix())
            files = Mounted(shared, of) if of else shared
            tree = stack.enter_context(self._private(files, of, judged=judged))
            yield replace(tree, mounted=frozenset(commits), missing=dict(self.others.missing))

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
        return Past(self.line(place).repository, own, commit, self.config.versions, whole)
