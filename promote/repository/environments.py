"""An environment as promote.yaml states it, with where it runs and what delivers it."""

from __future__ import annotations

from dataclasses import dataclass, field

from promote.gates import registry
from promote.gates.protocol import Gate
from promote.repository.canary import Canary


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
    """A folder with a kustomization that one cluster namespace follows; `path` is relative to the root.

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

    @property
    def stage(self) -> str:
        """The name in promote.yaml, which the folders of all apps share."""
        return self.group or self.name
