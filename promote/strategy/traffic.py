"""How a canary gets its share of the traffic: by the weights of a route, or by the number of its pods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from promote.errors import UsageError
from promote.fix.values import Setting
from promote.model import Document
from promote.strategy import objects
from promote.yamltext import places

ROUTES = ("HTTPRoute", "GRPCRoute")
WHOLE = 100


class Traffic(Protocol):
    """One of the two ways. A share is in percent, from 0 to 99; a level is the number in the files for it."""

    @property
    def level(self) -> int:
        """The level now; 0 where the canary gets nothing."""

    @property
    def now(self) -> str:
        """What the canary gets now, for people."""

    @property
    def prepares(self) -> bool:
        """Whether the new version must run before it gets its first share."""

    def level_of(self, share: int) -> int:
        """The level of a share: larger shares never have smaller ones."""

    def settings(self, share: int) -> list[Setting]:
        """What must be rendered for a share."""


@dataclass(frozen=True, slots=True)
class _Backends:
    """The two weights of one rule of a route, as JSON pointers."""

    route: Document
    stable: str
    canary: str

    @property
    def share(self) -> int:
        """The canary's weight in percent of both; one that is left out counts as 1."""
        found = [_at(self.route, path) for path in (self.stable, self.canary)]
        stable, canary = (one if isinstance(one, int) else 1 for one in found)
        return round(WHOLE * canary / (stable + canary)) if stable + canary else 0


@dataclass(frozen=True, slots=True)
class ByWeight:
    """The weights of the backends of a route, in every rule that has both Services."""

    backends: tuple[_Backends, ...]
    prepares: bool = True

    @property
    def level(self) -> int:
        """The smallest share of all rules."""
        return min(one.share for one in self.backends)

    @property
    def now(self) -> str:
        """The weight."""
        return f"{self.level} % of the traffic by weight"

    def level_of(self, share: int) -> int:
        """The share itself."""
        return share

    def settings(self, share: int) -> list[Setting]:
        """Both weights of each rule."""
        return [
            Setting(one.route, path, weight)
            for one in self.backends
            for path, weight in ((one.stable, WHOLE - share), (one.canary, share))
        ]


@dataclass(frozen=True, slots=True)
class ByReplicas:
    """The replicas of the canary, next to at least `pods` of the stable version, behind one Service.

    A share becomes the nearest number of pods, but at least one: 5 % next to three pods is one pod of four.
    """

    canary: Document
    pods: int
    prepares: bool = False

    @property
    def level(self) -> int:
        """The replicas now."""
        found = Setting(self.canary, "/spec/replicas", 0).now
        return found if isinstance(found, int) else 1

    @property
    def now(self) -> str:
        """The number of pods, and the share that they really are."""
        level, all_of_them = self.level, self.level + self.pods
        return f"{level} of {all_of_them} pods, {round(WHOLE * level / all_of_them)} % of the traffic"

    def level_of(self, share: int) -> int:
        """The replicas."""
        return max(1, round(self.pods * share / (WHOLE - share))) if share else 0

    def settings(self, share: int) -> list[Setting]:
        """The replicas of the canary."""
        return [Setting(self.canary, "/spec/replicas", self.level_of(share))]


def between(documents: Sequence[Document], stable: Document, canary: Document) -> Traffic:
    """How traffic is split between two workloads; raises UsageError where nothing splits it."""
    space = stable.identity.namespace
    services = [one for one in objects.of_kind(documents, "Service") if one.identity.namespace == space]
    of_stable, of_canary = (
        {one.identity.name for one in services if objects.serves(one, workload)} for workload in (stable, canary)
    )
    first, second = of_stable - of_canary, of_canary - of_stable
    routes = [one for one in objects.of_kind(documents, *ROUTES) if one.identity.namespace == space]
    if backends := tuple(pair for route in routes for pair in _backends(route, first, second)):
        return ByWeight(backends)
    if not of_stable & of_canary:
        raise UsageError(
            f"nothing splits traffic between {stable.identity.name} and {canary.identity.name}: no rule of a route "
            "has their Services as its backends, and no Service selects the pods of both; see docs/strategies.md"
        )
    if "replicas" not in (canary.content.get("spec") or {}) or objects.scaler(documents, canary):
        raise UsageError(
            f"{canary.identity} needs `replicas: 0` in Git, and no autoscaler: its replicas are the share"
        )
    return ByReplicas(canary, objects.least_pods(documents, stable))


def _backends(route: Document, first: set[str], second: set[str]) -> Iterator[_Backends]:
    for number, rule in enumerate(places.value_at(route.content, ["spec", "rules"]) or ()):
        names = [one.get("name") for one in rule.get("backendRefs") or ()]
        found = [[at for at, name in enumerate(names) if name in known] for known in (first, second)]
        if all(found):
            if len(names) != len(found):
                raise UsageError(
                    f"{route.identity}: rule {number} has other backends too: give them a rule of their own"
                )
            paths = [f"/spec/rules/{number}/backendRefs/{at}/weight" for (at,) in found]
            if unwritten := [path for path in paths if _at(route, path) is None]:
                raise UsageError(f"{route.identity} has no {unwritten[0]}: write a weight for both, 100 and 0")
            yield _Backends(route, *paths)


def _at(route: Document, path: str) -> Any:
    return places.value_at(route.content, places.parts(path))
