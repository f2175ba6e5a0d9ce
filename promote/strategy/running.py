"""Whether a cluster runs what Git says of one workload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from promote.cluster import workloads
from promote.cluster.client import Address, Cluster
from promote.model import Document
from promote.repository.environments import Environment, Place
from promote.yamltext import places

# What a rendered workload still waits for until all of its pods run its images; empty where they do.
Pending = Callable[[Document], str]


@dataclass(frozen=True, slots=True)
class _Running:
    cluster: Cluster
    namespace: str  # of objects that state none

    def __call__(self, workload: Document) -> str:
        """What the workload waits for; raises ClusterError where nobody can tell."""
        who = workload.identity
        here = workloads.read(self.cluster, who.namespace or self.namespace)
        found = next((one for one in here if (one.kind, one.name) == (who.kind, who.name)), None)
        if found is None:
            return "it is not there"
        wanted = workloads.images_of(places.value_at(workload.content, ["spec", "template", "spec"]) or {})
        if stale := [f"{name} is {image}" for name, image in found.images.items() if wanted.get(name) != image]:
            return f"it is not as Git says yet: {', '.join(stale)}"
        return found.pending or ("" if found.ready else "none of its pods is ready")


def pending(environment: Environment, given: Address) -> Pending | None:
    """How to ask the cluster that the command line or promote.yaml names; None where neither names one."""
    place = environment.cluster
    if place is None and given == Address():
        return None
    place = place or Place()
    return _Running(Cluster(Address(given.kubeconfig, given.context or place.context)), place.namespace)
