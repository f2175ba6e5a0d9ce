"""The controller that unseals secrets, with a key of its own for each cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import urllib3

if TYPE_CHECKING:
    from tests.e2e.cluster import Cluster


def certificate(cluster: Cluster) -> Path:
    """What to seal secrets with; the controller that unseals them is started when first asked for."""
    path = cluster.folder / "sealing.crt"
    if not path.exists():
        cluster.define("bitnami.com")
        cluster.run(
            "sealed-secrets-controller",
            cluster.program("sealed-secrets-controller"),
            "--key-size=2048",
            f"--listen-addr=127.0.0.1:{cluster.port('sealing')}",
            f"--listen-metrics-addr=127.0.0.1:{cluster.port('sealing-metrics')}",
            env={"KUBECONFIG": str(cluster.kubeconfig), "POD_NAMESPACE": "kube-system"},
        ).ready(cluster.url("sealing", "/healthz"))
        with urllib3.PoolManager(retries=False, timeout=10.0) as pool:
            path.write_bytes(pool.request("GET", cluster.url("sealing", "/v1/cert.pem")).data)
    return path
