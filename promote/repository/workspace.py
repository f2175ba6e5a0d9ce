"""The clone promote runs in, and private copies of its commits to plan and try changes in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from promote.checks import policy_files
from promote.checks.inspection import Rules
from promote.errors import ConfigError, RaceLost, UsageError
from promote.forge import forge_for
from promote.forge.base import Forge
from promote.model import Image
from promote.promotion.facts import Known
from promote.repository import config, holds
from promote.repository.config import Config, Environment
from promote.repository.history import Recorded, Revision, revisions
from promote.repository.holds import Hold
from promote.system.git import Repository
from promote.versions import kustomization


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of one commit, or of the checkout, in a folder of their own that may be changed freely."""

    root: Path
    config: Config
    schemas: tuple[Path, ...]

    def environment(self, name: str) -> Environment:
        """The environment `name`; raises UsageError with the nearest name."""
        return self.config.environment(self.root, name)

    def folders(self, names: Iterable[str]) -> list[tuple[Path, str]]:
        """The folder of each named environment, with its name; raises UsageError with the nearest name."""
        return [(self.root / self.environment(name).path, name) for name in names]

    def file(self, environment: Environment) -> str:
        """The environment's kustomization, relative to the root."""
        return config.kustomization_file(self.root, environment)

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None where there is none."""
        file = self.root / path
        return file.read_bytes() if file.is_file() else None

    def images(self, environment: Environment) -> tuple[Image, ...]:
        """The images entries of an environment; raises ConfigError with file and line."""
        path = self.file(environment)
        return kustomization.read_images((self.root / path).read_bytes(), path)

    def holds(self) -> tuple[Hold, ...]:
        """The versions that were rolled back or held."""
        return holds.read(self.read(holds.FILE_NAME))

    @property
    def judges_changes(self) -> bool:
        """Whether it has rules about a change itself."""
        return bool(policy_files.of_changes(self.rules().policies.resolve()))

    def rules(self) -> Rules:
        """By what this tree's manifests are judged."""
        policies, profile = policy_files.choose(self.root, self.config.policies, self.config.profile)
        return Rules(policies, self.schemas, self.config.kubernetes, self.config.live(self.root), profile)


@dataclass(frozen=True, slots=True)
class Tip:
    """Where the shared branch is: the commit, and how to call the place in a message."""

    commit: str
    label: str
    note: str = ""


class Workspace:
    """One clone: its configuration, its remote, and what it can say about any commit."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.root = repository.root
        self.config = config.load(self.root)

    @classmethod
    def here(cls) -> Workspace:
        """The clone that the current folder is in; raises UsageError outside of one."""
        return cls(Repository.containing(Path.cwd()))

    @property
    def remote(self) -> str:
        """The name of the remote that everybody shares."""
        return self.config.remote

    def forge(self) -> Forge:
        """The forge that the remote is on."""
        return forge_for(self.config.forge, self.repository, self.remote)

    @property
    def base_ref(self) -> str:
        """The full name of the shared branch."""
        return f"refs/heads/{self.config.branch}"

    def fetch(self, *branches: str) -> dict[str, str]:
        """The remote's hashes of the shared branch and of those of `branches` that exist, fetched.

        Raises RaceLost when a branch was moved to another line of commits, or deleted, in between.
        """
        self.repository.remote_url(self.remote)
        wanted = [self.base_ref, *(f"refs/heads/{branch}" for branch in branches)]
        refs = self.repository.remote_refs(self.remote, *wanted)
        if self.base_ref not in refs:
            raise UsageError(
                f"'{self.remote}' has no branch '{self.config.branch}': push it, "
                "or name another one in promote.yaml (git.branch)"
            )
        self.repository.fetch(self.remote, refs)
        if not self.repository.holds(refs.values()):
            raise RaceLost(f"'{self.remote}' has moved while it was fetched: run the command again")
        return refs

    def tip(self, refs: dict[str, str] | None = None) -> Tip:
        """The remote's shared branch, with a note where the checkout is not the same."""
        commit = (refs or self.fetch())[self.base_ref]
        label = f"{self.remote}/{self.config.branch}"
        return Tip(commit, label, self._note(commit, label))

    def local_tip(self) -> Tip:
        """The remote's shared branch or, in a clone without remote, the checked-out commit."""
        if self.repository.has_remote(self.remote):
            return self.tip()
        commit = self.repository.resolve("HEAD")
        return Tip(commit, "HEAD", f"there is no remote '{self.remote}': read from HEAD")

    def _note(self, commit: str, label: str) -> str:
        try:
            head = self.repository.resolve("HEAD")
        except UsageError:
            return ""
        ahead, behind = len(self.repository.ahead(commit, head)), len(self.repository.ahead(head, commit))
        said = [f"is {_counted(behind)} behind"] if behind else []
        said += [f"has {_counted(ahead)} not pushed"] if ahead else []
        said += ["has uncommitted changes"] if self.repository.has_changes() else []
        return f"your checkout {' and '.join(said)}: planned from {label}" if said else ""

    @contextmanager
    def at(self, commit: str) -> Iterator[Tree]:
        """A private copy of `commit`, gone when the block ends."""
        with tempfile.TemporaryDirectory(prefix="promote-tree-") as folder:
            root = Path(folder).resolve()
            self.repository.materialise(commit, root)
            yield self._tree(root)

    @contextmanager
    def checkout_copy(self) -> Iterator[Tree]:
        """A private copy of the checkout as it is, uncommitted changes included."""
        with tempfile.TemporaryDirectory(prefix="promote-tree-") as folder:
            root = Path(folder).resolve()
            for name in self.repository.checkout_files():
                target = root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes((self.root / name).read_bytes())
            yield self._tree(root)

    def checkout(self) -> Tree:
        """The checkout itself, to read from."""
        return Tree(self.root, self.config, self._schemas(self.config))

    def _tree(self, root: Path) -> Tree:
        here = config.load(root)
        return Tree(root, here, self._schemas(here))

    def _schemas(self, here: Config) -> tuple[Path, ...]:
        # They are installed, not committed, so a copy of a commit does not hold them.
        return tuple(self.root / folder for folder in here.schemas)

    def history(self, tip: str, environment: Environment) -> list[Revision]:
        """The revisions of an environment up to the commit `tip`."""
        paths = [f"{environment.path}/{name}".removeprefix("./") for name in kustomization.FILE_NAMES]
        return revisions(
            Recorded(commit.sha, commit.when, commit.author, commit.subject, _images(files))
            for commit, files in self.repository.versions(tip, paths)
        )

    def known(self, tree: Tree, commit: str, head: str | None = None, needed: bool = False) -> Known | None:
        """What is known around a change that leads from `commit`, or HEAD.

        None where no rule of `tree` asks, and it is not `needed` for a gate.
        """
        if not needed and not tree.judges_changes:
            return None
        try:
            tip = commit or self.repository.resolve("HEAD")
            past = {name: self.history(tip, one) for name, one in tree.config.environments.items()}
        except UsageError:
            past = {}  # history is cut off, or there is none yet
        return Known(past, commit or None, head)


def _counted(commits: int) -> str:
    return "1 commit" if commits == 1 else f"{commits} commits"


def _images(files: dict[str, bytes]) -> tuple[Image, ...]:
    try:
        return next((kustomization.read_images(data, path) for path, data in files.items()), ())
    except ConfigError:
        # A commit that nobody could have built is no revision; the present one is read elsewhere, strictly.
        return ()
