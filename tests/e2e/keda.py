"""KEDA's operator, and the adapter through which the autoscalers that it makes ask for its metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tests.e2e import aggregation, credentials, prometheus
from tests.e2e.api import Object
from tests.e2e.process import wait
from tests.e2e.traffic import Traffic

if TYPE_CHECKING:
    from tests.e2e.cluster import Cluster

GROUPS = ("keda.sh", "eventing.keda.sh")


def start(cluster: Cluster, environments: Mapping[str, list[Object]]) -> Traffic:
    """Start KEDA, and what it asks in each environment of which the objects are given."""
    cluster.define(*GROUPS)
    namespaces = {name: f"mediq-{name}" for name in environments}
    traffic = cluster.closing.enter_context(Traffic(cluster.api, list(namespaces.values())))
    for name, objects in environments.items():
        proxy = traffic.url(namespaces[name])
        traffic.prometheus[namespaces[name]] = prometheus.start(cluster, name, objects, proxy)
    certificates = cluster.folder / "keda"
    credentials.write_identity(certificates, "keda")
    _start_operator(cluster, traffic.url(next(iter(namespaces.values()))))
    _start_adapter(cluster)
    return traffic


def _start_operator(cluster: Cluster, proxy: str) -> None:
    cluster.run(
        "keda-operator",
        cluster.program("keda-operator"),
        "--enable-prometheus-metrics=false",
        f"--health-probe-bind-address=127.0.0.1:{cluster.port('keda-probes')}",
        f"--metrics-service-bind-address=127.0.0.1:{cluster.port('keda-metrics')}",
        f"--cert-dir={cluster.folder / 'keda'}",
        "--zap-time-encoding=rfc3339",
        env={
            "KUBECONFIG": str(cluster.kubeconfig),
            "POD_NAMESPACE": aggregation.NAMESPACE,
            "WATCH_NAMESPACE": "",
            "KEDA_CLUSTER_OBJECT_NAMESPACE": aggregation.NAMESPACE,
            "HTTP_PROXY": proxy,
            "NO_PROXY": "",
        },
    ).ready(cluster.url("keda-probes", "/readyz"))


def _start_adapter(cluster: Cluster) -> None:
    kubeconfig, certificates = cluster.kubeconfig, cluster.folder / "keda"
    cluster.run(
        "keda-adapter",
        cluster.program("keda-adapter"),
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--lister-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        f"--secure-port={cluster.port('keda-adapter')}",
        f"--cert-dir={certificates}",
        f"--tls-cert-file={certificates / 'tls.crt'}",
        f"--tls-private-key-file={certificates / 'tls.key'}",
        f"--metrics-service-address=127.0.0.1:{cluster.port('keda-metrics')}",
        f"--port={cluster.port('keda-own')}",
        env={"KUBECONFIG": str(kubeconfig), "POD_NAMESPACE": aggregation.NAMESPACE, "WATCH_NAMESPACE": ""},
    ).ready(cluster.url("keda-adapter", "/readyz", "https"), certificates / "ca.crt")
    registration = aggregation.register(
        cluster.api, "keda-metrics-apiserver", "external.metrics.k8s.io", "v1beta1", cluster.port("keda-adapter")
    )
    wait("KEDA's metrics are served", lambda: aggregation.unavailable(cluster.api, registration), seconds=30)
