"""Objects as a cluster has them, for the small API server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promote.cluster import resources
from tests.integration.cluster_server import ClusterServer, Object


def pod(name: str, image: str, owner: str, *, ready: bool = True, namespace: str = "shop", **status: Any) -> Object:
    """A pod with one container `server`."""
    return {
        "metadata": {
            "namespace": namespace,
            "name": name,
            "ownerReferences": [{"uid": owner, "controller": True}],
        },
        "spec": {"containers": [{"name": "server", "image": image}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [{"name": "server", "ready": ready, "imageID": ""}],
            **status,
        },
    }


def deployment(name: str, image: str, pods: int = 1, *, namespace: str = "shop", **status: Any) -> Object:
    """A Deployment that is rolled out."""
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), pods)
    return {
        "metadata": {"namespace": namespace, "name": name, "uid": f"{namespace}-{name}", "generation": 1},
        "spec": {
            "replicas": pods,
            "selector": {"matchLabels": {"app": name}},
            "template": {"spec": {"containers": [{"name": "server", "image": image}]}},
        },
        "status": {"observedGeneration": 1, **counts, **status},
    }


def replica_set(name: str, *, namespace: str = "shop") -> Object:
    """The ReplicaSet of the Deployment `name`."""
    return {
        "metadata": {
            "namespace": namespace,
            "name": f"{name}-1",
            "uid": f"{namespace}-{name}-1",
            "ownerReferences": [{"uid": f"{namespace}-{name}", "controller": True}],
        },
        "spec": {},
    }


def run(server: ClusterServer, images: Mapping[str, str], *, namespace: str = "shop", replicas: int = 1) -> None:
    """Deployments with their pods, ready, by name and image; all kinds of Kubernetes' own are served."""
    server.serve(*(each for each in resources.OF_NAMESPACE if "." not in each.group or each.group.endswith("k8s.io")))
    for name, image in images.items():
        server.put(resources.DEPLOYMENTS, deployment(name, image, replicas, namespace=namespace))
        server.put(resources.REPLICA_SETS, replica_set(name, namespace=namespace))
        for number in range(replicas):
            server.put(resources.PODS, pod(f"{name}-1-{number}", image, f"{namespace}-{name}-1", namespace=namespace))
