"""How many pods of each service really run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promote.cluster import workloads
from promote.cluster.client import Address
from promote.cluster.workloads import Workload
from promote.model import Identity
from promote.promotion import live
from promote.promotion.scale import Row
from promote.repository.environments import Environment, Place

Live = Mapping[Identity, Workload | None]


def look(environment: Environment, rows: Sequence[Row], address: Address) -> Live:
    """By the workload of each row, what the cluster has of it; None where it has none. Raises ClusterError."""
    cluster = live.reach(environment, address).cluster
    default = (environment.cluster or Place()).namespace
    spaces = dict.fromkeys(row.service.workload.namespace or default for row in rows)
    found = {(one.kind, one.namespace, one.name): one for space in spaces for one in workloads.read(cluster, space)}
    every = [row.service.workload for row in rows]
    return {who: found.get((who.kind, who.namespace or default, who.name)) for who in every}
