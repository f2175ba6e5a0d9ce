"""What every check of health is given and answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from promote.cluster import workloads
from promote.cluster.client import Cluster, Object
from promote.cluster.resources import Resource
from promote.cluster.workloads import Key, Workload
from promote.engines.protocol import Delivery

# A warning is not a failure: somebody should look, but everything works. Unknown is what nobody can read.
State = Literal["ok", "warning", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Row:
    """What a check says of one object."""

    subject: str
    state: State
    detail: str


@dataclass(frozen=True)
class Subject:
    """A running environment: `wanted` are the workloads of Git; `engine` delivers it."""

    cluster: Cluster
    namespaces: Sequence[str]
    wanted: frozenset[Key]
    engine: Delivery | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Every workload with its pods; raises ClusterError."""
        return tuple(one for namespace in self.namespaces for one in workloads.read(self.cluster, namespace))

    def items(self, resource: Resource) -> Iterator[Object]:
        """The objects of a kind; raises ClusterError."""
        for namespace in self.namespaces:
            yield from self.cluster.items(resource, namespace)


@dataclass(frozen=True, slots=True)
class Check:
    """The constant CHECK of a check's module.

    `look` yields one row per object, none where there is nothing to look at; it may raise ClusterError. `needs` names
    what must be installed for an optional check, whose rows are unknown where it is missing or may not be read.
    """

    title: str
    look: Callable[[Subject], Iterator[Row]]
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """The name of a check, its title and its rows."""

    name: str
    title: str
    rows: tuple[Row, ...]


def rows_of(subject: Subject, kinds: Sequence[str]) -> Iterator[Row]:
    """The workloads of some kinds, with the pods that are not ready; those of Git that are not there have failed."""
    mine = [one for one in subject.workloads if one.kind in kinds]
    there = {one.key for one in mine}
    for kind, _, name in sorted(one for one in subject.wanted - there if one[0] in kinds):
        yield Row(f"{kind}/{name}", "failed", "it is not in the cluster")
    for one in mine:
        ready = f"{len(one.ready)} of {one.replicas} pods ready"
        works = not one.pending and len(one.ready) >= one.replicas
        yield Row(str(one), "ok" if works else "failed", ready + (f"; {one.pending}" if one.pending else ""))
        for pod in one.pods:
            if pod.problem and not pod.ending:
                yield Row(f"Pod/{pod.name}", "failed", pod.problem)
