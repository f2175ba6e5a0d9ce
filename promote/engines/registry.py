"""Every sync engine: one line here, and one file `promote/engines/NAME.py` with the constant ENGINE."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from promote.errors import ClusterError, Forbidden, NotServed

if TYPE_CHECKING:
    from promote.cluster.client import Cluster
    from promote.engines.protocol import Delivery, Engine, Wanted

# The value of `engine.kind` in promote.yaml; `auto` asks each of them.
ENGINES = (
    "argocd",
    "flux",
)


def engine(name: str) -> Engine:
    """The declaration of the engine `name`."""
    found: Engine = import_module(f"promote.engines.{name}").ENGINE
    return found


def delivery_of(kind: str, cluster: Cluster, wanted: Wanted) -> tuple[Delivery | None, tuple[str, ...]]:
    """How the engine `kind`, or any for `auto`, delivers an environment; and notes, where that is not known.

    Raises ClusterError if an engine that is named cannot be read, or if two deliver the environment.
    """
    # Imported here: a registry loads nothing but names.
    from promote.cluster.client import understood

    if kind != "auto":
        with understood():
            found = engine(kind).find(cluster, wanted)
        if found is None:
            raise ClusterError(
                f"{kind} does not deliver {wanted.name or wanted.path}: correct `engine` in promote.yaml"
            )
        return found, ()
    deliveries, notes = [], []
    for name in ENGINES:
        try:
            with understood():
                deliveries.append(engine(name).find(cluster, wanted))
        except NotServed:
            continue
        except Forbidden:
            # Also where it is not installed: permissions are checked first.
            notes.append(f"the objects of {name} may not be read, so nobody knows whether it delivers {wanted.path}")
    known = [each for each in deliveries if each is not None]
    if len(known) > 1:
        names = " and ".join(each.engine for each in known)
        raise ClusterError(
            f"{names} both deliver {wanted.path}, and would undo each other's work: remove one, "
            "or set `engine: {kind: …}` in promote.yaml"
        )
    if known:
        return known[0], ()
    return None, tuple(notes or [f"no sync engine in this cluster delivers {wanted.path}"])
