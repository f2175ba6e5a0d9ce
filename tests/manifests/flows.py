"""Works out from files alone which flows the network policies of a render allow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.manifests.render import (
    COMPONENT,
    NAME,
    WORKLOADS,
    Object,
    Render,
    containers,
    labels,
    pod_template,
    selects,
)

TABLE: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parent / "flows.yaml").read_text(encoding="utf-8")
)


class Flow(NamedTuple):
    """One direction of one connection, as seen from `of`."""

    direction: str
    of: str
    peer: str
    port: str


@dataclass(frozen=True)
class Pod:
    """Somebody who may appear in a flow; `namespace` is empty for the environment's own."""

    name: str
    labels: dict[str, str]
    ports: dict[str, int] = field(default_factory=dict)
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def is_service(self) -> bool:
        return self.labels.get(COMPONENT) == "service"


# Pods that no policy may let in by accident, and those whose manifests a render may not contain.
STRANGERS = (
    Pod("stranger", {}),
    Pod("kube-dns", {"k8s-app": "kube-dns"}, namespace="kube-system"),
    Pod("stranger", {}, namespace="kube-system"),
    Pod("stranger", {"k8s-app": "kube-dns", NAME: "prometheus", COMPONENT: "service"}, namespace="elsewhere"),
)
# Pods outside of the environment that some component lets in.
OUTSIDERS = (
    Pod("nginx-ingress", {NAME: "nginx-ingress"}, namespace="nginx-ingress"),
    Pod("keda-operator", {NAME: "keda-operator"}, namespace="keda"),
)
# Pods of the environment that somebody else makes, known by a label only.
VISITORS = (
    Pod("debug", {"mediq.io/debug": "true"}),
    Pod("edge", {"gateway.networking.k8s.io/gateway-name": "mediq"}),
    Pod("acme-solver", {"acme.cert-manager.io/http01-solver": "true"}),
)
STAND_INS = ("mysql", "redis", "rabbitmq", "jaeger", "prometheus", "mysqld-exporter", "redis-exporter")


def pods(render: Render) -> list[Pod]:
    found = []
    for workload in render.kind(*WORKLOADS):
        pod_labels = labels(pod_template(workload))
        ports = {
            port["name"]: port["containerPort"]
            for each in containers(workload)
            for port in each.get("ports", [])
            if "name" in port
        }
        found.append(Pod(pod_labels[NAME], pod_labels, ports))
    return found


def allowed(render: Render, also: Iterable[Pod] = ()) -> set[Flow]:
    """Every flow that some policy allows, each direction on its own; `also` are pods that nobody renders."""
    rendered = pods(render)
    rendered += [pod for pod in also if pod.name not in {each.name for each in rendered}]
    names = {pod.name for pod in rendered}
    everybody = [
        *rendered,
        *STRANGERS,
        *OUTSIDERS,
        *VISITORS,
        *(Pod(name, {NAME: name}) for name in STAND_INS if name not in names),
    ]
    return {
        flow
        for pod in rendered
        for policy in render.kind("NetworkPolicy")
        if selects(policy["spec"]["podSelector"], pod.labels)
        for flow in (*_ingress(policy, pod, everybody), *_egress(policy, pod, everybody))
    }


def _ingress(policy: Object, pod: Pod, everybody: list[Pod]) -> Iterable[Flow]:
    for rule in policy["spec"].get("ingress") or []:
        for peer in _peers(rule.get("from"), everybody):
            for port in _ports(rule.get("ports"), pod):
                yield Flow("ingress", pod.name, str(peer), port)


def _egress(policy: Object, pod: Pod, everybody: list[Pod]) -> Iterable[Flow]:
    for rule in policy["spec"].get("egress") or []:
        for peer in _peers(rule.get("to"), everybody):
            for port in _ports(rule.get("ports"), peer):
                yield Flow("egress", pod.name, str(peer), port)


def _peers(peers: list[Object] | None, everybody: list[Pod]) -> Iterable[Pod | str]:
    if not peers:
        return [*everybody, "anywhere"]
    return [found for peer in peers for found in _matching(peer, everybody)]


def _matching(peer: Object, everybody: list[Pod]) -> list[Pod | str]:
    if block := peer.get("ipBlock"):
        return [" except ".join(filter(None, [block["cidr"], " ".join(block.get("except", []))]))]
    selector = peer.get("podSelector")
    return [pod for pod in everybody if _in_namespace(peer, pod) and selects(selector, pod.labels)]


def _in_namespace(peer: Object, pod: Pod) -> bool:
    if "namespaceSelector" not in peer:
        return not pod.namespace
    name = pod.namespace or "the-environment"
    return selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": name})


def _ports(ports: list[Object] | None, callee: Pod | str) -> Iterable[str]:
    """Port numbers with their protocol; a named port is whatever the callee calls so, if it does."""
    if not ports:
        return ["every port"]
    named = callee.ports if isinstance(callee, Pod) else {}
    numbers = [(named.get(port["port"], port["port"]), port) for port in ports]
    return [
        f"{number}{'-' + str(port['endPort']) if 'endPort' in port else ''}/{port.get('protocol', 'TCP')}"
        for number, port in numbers
        if isinstance(number, int)
    ]


def declared(render: Render) -> set[Flow]:
    """The rows of the table, spelled out for the pods of a render."""
    rendered = {pod.name: pod for pod in pods(render)}
    return {
        Flow(direction, of, peer, _declared_port(port, rendered.get(peer if direction == "egress" else of)))
        for direction, rows in TABLE.items()
        for row in rows
        for of in _names(row["of"], rendered)
        for peer in _names(row["to" if direction == "egress" else "from"], rendered)
        for port in row["ports"]
        if of in rendered and (of != peer or row["of"] == row.get("from", row.get("to")))
    }


def _names(who: str, rendered: dict[str, Pod]) -> list[str]:
    if who == "every pod":
        return list(rendered)
    if who == "services":
        return [name for name, pod in rendered.items() if pod.is_service]
    return [who]


def _declared_port(port: int | str, callee: Pod | None) -> str:
    number = callee.ports.get(str(port), port) if callee else port
    return str(number) if "/" in str(number) else f"{number}/TCP"
