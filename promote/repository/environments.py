"""An environment as promote.yaml states it, with where it runs and what delivers it."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

from promote.errors import ConfigError
from promote.gates import registry
from promote.gates.protocol import Gate
from promote.repository import addresses
from promote.repository.canary import Canary

# No two branches of a repository are in one another's folder, because Git keeps them in such folders, too.
BRANCHES = "refs/heads"
REPOSITORIES = "refs/repositories"


def place_of(repository: str, branch: str) -> str:
    """The folder of a tree with the files of a branch of the repository at an address, empty for promote's own."""
    if repository:
        return f"{REPOSITORIES}/{addresses.folder(repository)}/{branch}"
    return f"{BRANCHES}/{branch}" if branch else ""


def is_elsewhere(place: str) -> bool:
    """Whether the files at `place` are those of another repository."""
    return place.startswith(f"{REPOSITORIES}/")


def sibling(place: str, branch: str) -> str:
    """The place of another branch of the same repository."""
    return f"{'/'.join(place.split('/', 3)[:3])}/{branch}" if is_elsewhere(place) else f"{BRANCHES}/{branch}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an environment runs: a context of the kubeconfig, and the namespace of objects that state none."""

    context: str | None = None
    namespace: str = "default"


@dataclass(frozen=True, slots=True)
class Syncing:
    """The sync engine of an environment: `name` is of its Application or Kustomization, in `namespace`.

    `context` is that of the engine's cluster, where it is another one.
    """

    kind: str = "auto"
    context: str | None = None
    namespace: str | None = None
    name: str | None = None


def _without_settings() -> tuple[Gate, ...]:
    return tuple(gate.configured(None, first=False) for gate in registry.load().values())


@dataclass(frozen=True, slots=True)
class Environment:
    """A folder with a kustomization that one cluster namespace follows; `path` is relative to the root of a tree.

    It is on `branch` or, where that is empty, on the shared one. With `repository`, the address of another one, it is
    on a branch there. A tree has the files of a `branch` at `place`.
    `gates` has every gate, also those that promote.yaml does not mention. `cluster` is None where it states none.
    `after` are the environments that come before it in the order of promotion; None where it states none. Then it is
    one of `listed`, if that is not None either, or the one before it. `group` and `app` are those of one folder of
    many (`promote.repository.groups`). `unrendered` is `warn` where versions move without the proof if kustomize
    cannot build it here, else `deny`.
    """

    name: str
    path: str
    live: bool = False
    gates: tuple[Gate, ...] = field(default_factory=_without_settings)
    cluster: Place | None = None
    engine: Syncing = field(default_factory=Syncing)
    canary: Canary | None = None
    after: tuple[str, ...] | None = None
    group: str = ""
    app: str = ""
    listed: tuple[str, ...] | None = None
    unrendered: str = "deny"
    branch: str = ""
    repository: str = ""

    @property
    def place(self) -> str:
        """The folder of a tree that has the files of its branch; empty for the shared one."""
        return place_of(self.repository, self.branch)

    def folder(self, below: str) -> str:
        """Its folder, relative to the top of its repository; `below` is that of promote.yaml in its own."""
        return self.own_path if self.place else posixpath.normpath(posixpath.join(below, self.own_path))

    @property
    def own_path(self) -> str:
        """Its path on its branch."""
        return posixpath.relpath(self.path, self.place) if self.branch else self.path

    @property
    def where(self) -> str:
        """Its path for people, with its branch unless that is the shared one."""
        return f"{self.own_path} of {self.line}" if self.branch else self.path

    @property
    def line(self) -> str:
        """Its branch for people, with the repository that has it unless that is promote's own."""
        inside = f" of the repository {addresses.named(self.repository)}" if self.repository else ""
        return f"the branch {self.branch}{inside}"

    @property
    def not_here(self) -> ConfigError:
        """What is raised where its files are asked for, and the checkout does not have them."""
        return ConfigError(
            f"environment '{self.name}' is on {self.line}, and this is about the files of the checkout: use --commit "
            "or --pr where the command has them, or a checkout of that branch"
        )

    @property
    def stage(self) -> str:
        """The name in promote.yaml, which the folders of all apps share."""
        return self.group or self.name
