"""The usage of pods, from KWOK by way of the real metrics server, so that autoscalers decide as in a cluster.

A pod uses what its annotations say, and next to nothing without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e import aggregation
from tests.e2e.api import Api, Object, Refused
from tests.e2e.process import wait

if TYPE_CHECKING:
    from tests.e2e.cluster import Cluster

GROUP, VERSION = "metrics.k8s.io", "v1beta1"
CPU, MEMORY = "kwok.x-k8s.io/usage-cpu", "kwok.x-k8s.io/usage-memory"
# Two readings, ten seconds apart, make the first usage.
FIRST_READING = 60.0


def start(cluster: Cluster) -> None:
    """Start the metrics server; nothing waits for its first readings."""
    kubeconfig = cluster.kubeconfig
    certificates = cluster.folder / "metrics-server"
    server = cluster.run(
        "metrics-server",
        cluster.program("metrics-server"),
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        f"--secure-port={cluster.port('metrics')}",
        f"--cert-dir={certificates}",
        "--kubelet-insecure-tls",
        "--kubelet-use-node-status-port",
        "--kubelet-preferred-address-types=InternalIP",
        "--metric-resolution=10s",
        "--kubelet-request-timeout=5s",
    )
    server.ready(cluster.url("metrics", "/livez", "https"), certificates / "apiserver.crt")
    aggregation.register(cluster.api, "metrics-server", GROUP, VERSION, cluster.port("metrics"))


def use(api: Api, pods: list[Object], *, cpu: str | None = None, memory: str | None = None) -> None:
    """Let pods use so much from now on; None is next to nothing. Autoscalers may have removed some of them."""
    for each in pods:
        try:
            api.merge(each, {"metadata": {"annotations": {CPU: cpu, MEMORY: memory}}})
        except Refused as refusal:
            if refusal.status != 404:
                raise


def wait_for_usage(api: Api, namespace: str) -> None:
    """Wait until the usage of pods of a namespace is known."""

    def unknown() -> str | None:
        registration = {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": f"{VERSION}.{GROUP}"},
        }
        if missing := aggregation.unavailable(api, registration):
            return missing
        found = api.list(f"{GROUP}/{VERSION}", "PodMetrics", namespace)
        return None if found else "no readings"

    wait(f"the usage of pods in {namespace} is known", unknown, seconds=FIRST_READING)
