"""Objects as a cluster has them, for the small API server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promote.cluster import resources
from promote.engines import argocd, flux
from tests.integration.cluster_server import ClusterServer, Object

# Every kind that is read in the namespace of an environment.
KINDS = tuple(each for each in vars(resources).values() if isinstance(each, resources.Resource))


def pod(
    name: str,
    image: str,
    owner: str,
    *,
    ready: bool = True,
    namespace: str = "shop",
    container: str = "server",
    **status: Any,
) -> Object:
    """A pod with one container."""
    return {
        "metadata": {
            "namespace": namespace,
            "name": name,
            "ownerReferences": [{"uid": owner, "controller": True}],
        },
        "spec": {"containers": [{"name": container, "image": image}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [{"name": container, "ready": ready, "imageID": ""}],
            **status,
        },
    }


def deployment(name: str, image: str, pods: int = 1, *, namespace: str = "shop", **status: Any) -> Object:
    """A Deployment that is rolled out; its container is called like it."""
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), pods)
    return {
        "metadata": {"namespace": namespace, "name": name, "uid": f"{namespace}-{name}", "generation": 1},
        "spec": {
            "replicas": pods,
            "selector": {"matchLabels": {"app": name}},
            "template": {"spec": {"containers": [{"name": name, "image": image}]}},
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
    server.serve(*(each for each in KINDS if "." not in each.group or each.group.endswith("k8s.io")))
    for name, image in images.items():
        server.put(resources.DEPLOYMENTS, deployment(name, image, replicas, namespace=namespace))
        server.put(resources.REPLICA_SETS, replica_set(name, namespace=namespace))
        for number in range(replicas):
            made = pod(f"{name}-1-{number}", image, f"{namespace}-{name}-1", namespace=namespace, container=name)
            server.put(resources.PODS, made)


def application(path: str, revision: str, *, name: str = "shop", **changes: Any) -> Object:
    """An Application that is Synced and Healthy at `revision`, with the settings that are known to be safe."""
    status: Object = {
        "sync": {"status": "Synced", "revision": revision},
        "health": {"status": "Healthy"},
        "operationState": {"phase": "Succeeded", "syncResult": {"revision": revision}},
        "history": [{"revision": revision}],
    }
    return {
        "metadata": {
            "namespace": "argocd",
            "name": name,
            "annotations": {"argocd.argoproj.io/compare-options": "ServerSideDiff=false"},
        },
        "spec": {
            "project": "shop",
            "source": {"repoURL": "https://git.example/shop/environments.git", "path": path},
            "destination": {"namespace": "shop-production"},
            "syncPolicy": {
                "automated": {"enabled": True},
                "syncOptions": ["ServerSideApply=true"],
                "retry": {"refresh": True},
            },
            **changes.pop("spec", {}),
        },
        "status": status | changes.pop("status", {}),
        **changes,
    }


def argo(
    server: ClusterServer, *applications: Object, timeout: str = "900", windows: tuple[Object, ...] = ()
) -> None:
    """Argo CD with its settings."""
    settings = {"namespace": "argocd", "name": argocd.PARAMETERS}
    server.put(argocd.CONFIG_MAPS, {"metadata": settings, "data": {"controller.sync.timeout.seconds": timeout}})
    project = {"metadata": {"namespace": "argocd", "name": "shop"}, "spec": {"syncWindows": list(windows)}}
    server.put(argocd.PROJECTS, project)
    server.put(argocd.APPLICATIONS, *applications)


def kustomization(path: str, revision: str, *, name: str = "shop", **changes: Any) -> Object:
    """A Kustomization that has applied `revision` and is Ready."""
    status: Object = {
        "observedGeneration": 1,
        "lastAppliedRevision": f"main@sha1:{revision}",
        "lastAttemptedRevision": f"main@sha1:{revision}",
        "conditions": [{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded"}],
    }
    spec = {"path": path, "sourceRef": {"kind": "GitRepository", "name": "shop"}, "wait": True, "timeout": "5m"}
    return {
        "metadata": {"namespace": "flux-system", "name": name, "generation": 1},
        "spec": spec | changes.pop("spec", {}),
        "status": status | changes.pop("status", {}),
    }


def fluxcd(server: ClusterServer, *kustomizations: Object, gate: str = "=true", suspend: bool = False) -> None:
    """Flux with its settings."""
    url = "https://git.example/shop/environments.git"
    repository = {"metadata": {"namespace": "flux-system", "name": "shop"}, "spec": {"url": url, "suspend": suspend}}
    server.put(flux.REPOSITORIES, repository)
    controller = deployment(flux.CONTROLLER, "kustomize-controller:1", namespace="flux-system")
    container = controller["spec"]["template"]["spec"]["containers"][0]
    container["args"] = ["--log-level=info", f"--feature-gates=CancelHealthCheckOnNewRevision{gate}"]
    server.put(resources.DEPLOYMENTS, controller)
    server.put(flux.KUSTOMIZATIONS, *kustomizations)
