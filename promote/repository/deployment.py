"""Where an environment runs, and what delivers it: as promote.yaml states it."""

from __future__ import annotations

from dataclasses import dataclass


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
