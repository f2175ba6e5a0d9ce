"""A zone is drained by the commands of the runbook: each store moves one pod at a time and stays apart."""

from __future__ import annotations

from collections import Counter

from tests.e2e.api import Object
from tests.e2e.environments import Environment
from tests.e2e.kubectl import shell
from tests.e2e.process import wait
from tests.manifests.commands import RUNBOOK, commands
from tests.manifests.render import NAME, labels

SECTION = "A zone is drained"
STORES = {"redis": 6, "rabbitmq": 3}
ZONE = "zone-a"
LIMIT = 300.0


def _nodes(environment: Environment) -> dict[str, str]:
    """The zone of each node."""
    found = environment.api.list("v1", "Node", "")
    return {each["metadata"]["name"]: labels(each)["topology.kubernetes.io/zone"] for each in found}


def _pods(environment: Environment, store: str) -> list[Object]:
    return environment.api.list("v1", "Pod", environment.namespace, labelSelector=f"{NAME}={store}")


def _misplaced(environment: Environment, zones: set[str]) -> str | None:
    """Which store has not all its pods, or has one more than it may in a zone or on a node of these zones."""
    nodes = {name: zone for name, zone in _nodes(environment).items() if zone in zones}
    for store, count in STORES.items():
        at = [each["spec"].get("nodeName", "nowhere") for each in _pods(environment, store)]
        if len(at) != count or not nodes.keys() >= set(at):
            return f"{store}: {at}"
        for domains, places in ((zones, [nodes[each] for each in at]), (nodes, at)):
            counts = Counter(places)
            if max(counts[each] for each in domains) - min(counts[each] for each in domains) > 1:
                return f"{store}: {counts}"
    return None


def test_the_stores_outlive_the_drain_of_a_zone(environments: dict[str, Environment]) -> None:
    production = environments["production"]
    zones = set(_nodes(production).values())
    variables = {"NS": production.namespace, "ZONE": ZONE}
    steps = [each.text for each in commands(RUNBOOK, "kubectl") if each.section == SECTION]
    assert [each.split()[1] for each in steps] == ["drain", "get", "get", "uncordon"]
    assert _misplaced(production, zones) is None
    try:
        for step in steps[:-1]:
            said = shell(production.cluster, step, variables, seconds=LIMIT)
            assert said.code == 0, said
        wait("all are in the other zones", lambda: _misplaced(production, zones - {ZONE}), seconds=LIMIT)
        production.wait(production.kind("StatefulSet"), seconds=LIMIT)
    finally:
        shell(production.cluster, steps[-1], variables)
    for each in environments.values():
        each.wait(each.kind("StatefulSet", "Deployment"), seconds=LIMIT)
