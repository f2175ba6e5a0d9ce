"""Workloads and their pods: which images run, and whether a rollout is complete."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from promote.cluster import quantity, resources
from promote.cluster.client import Cluster, Object, understood
from promote.model import Identity
from promote.system.printable import number_of

_KINDS = {
    "Deployment": resources.DEPLOYMENTS,
    "StatefulSet": resources.STATEFUL_SETS,
    "DaemonSet": resources.DAEMON_SETS,
}
_DIGEST = re.compile(r"sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})")

Key = tuple[str, str, str]  # kind, namespace and name


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod: `images` is what each container was asked to run, `digests` what its kubelet says that it runs.

    `limits` are the sums of its containers, in cores and bytes, nothing where one of them has none. `problem` is why
    it is not ready, empty for one that is ready or has done its work; `owner` is the uid of what made it.
    """

    namespace: str
    name: str
    ready: bool
    images: Mapping[str, str]
    digests: Mapping[str, str]
    limits: Mapping[str, float]
    problem: str = ""
    owner: str = ""
    ending: bool = False


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment, StatefulSet or DaemonSet with its pods; `images` is what its template asks for, by container.

    `pending` is what its rollout waits for: empty where every pod is of the newest template and available.
    """

    kind: str
    namespace: str
    name: str
    replicas: int
    images: Mapping[str, str]
    pods: tuple[Pod, ...]
    pending: str = ""

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def key(self) -> Key:
        """What identifies it in Git and in the cluster."""
        return self.kind, self.namespace, self.name

    @property
    def ready(self) -> tuple[Pod, ...]:
        """The pods that get traffic."""
        return tuple(pod for pod in self.pods if pod.ready and not pod.ending)


@dataclass(frozen=True, slots=True)
class Job:
    """A Job; `reason` and `message` say why it has failed, `images` what its containers run.

    `is_scheduled` is whether a CronJob made it, and will make the next one.
    """

    namespace: str
    name: str
    images: Mapping[str, str]
    complete: bool
    failed: bool
    reason: str = ""
    message: str = ""
    is_scheduled: bool = False


@understood()
def read(cluster: Cluster, namespace: str) -> tuple[Workload, ...]:
    """Every workload of a namespace, with its pods; raises ClusterError."""
    by_owner: dict[str, list[Pod]] = {}
    for pod in pods(cluster, namespace):
        by_owner.setdefault(pod.owner, []).append(pod)
    # A Deployment owns ReplicaSets, and those own the pods.
    for one in cluster.items(resources.REPLICA_SETS, namespace):
        if owner := _owner(one):
            by_owner.setdefault(owner, []).extend(by_owner.pop(one["metadata"]["uid"], ()))
    return tuple(
        _workload(kind, item, by_owner.get(item["metadata"]["uid"], ()))
        for kind, resource in _KINDS.items()
        for item in cluster.items(resource, namespace)
    )


@understood()
def pods(cluster: Cluster, namespace: str) -> tuple[Pod, ...]:
    """Every pod of a namespace; raises ClusterError."""
    return tuple(_pod(item) for item in cluster.items(resources.PODS, namespace))


@understood()
def jobs(cluster: Cluster, namespace: str) -> tuple[Job, ...]:
    """Every Job of a namespace; raises ClusterError."""
    return tuple(_job(item) for item in cluster.items(resources.JOBS, namespace))


def _owner(item: Object) -> str:
    owners = item["metadata"].get("ownerReferences") or ()
    return next((str(one["uid"]) for one in owners if one.get("controller")), "")


def conditions(item: Object) -> dict[str, Mapping[str, Any]]:
    """The conditions in an object's status, by type."""
    return {one["type"]: one for one in (item.get("status") or {}).get("conditions") or ()}


def _workload(kind: str, item: Object, own: Iterable[Pod]) -> Workload:
    metadata, spec = item["metadata"], item["spec"]
    replicas = (
        (item.get("status") or {}).get("desiredNumberScheduled", 0) if kind == "DaemonSet" else spec["replicas"]
    )
    template = spec["template"]["spec"]
    return Workload(
        kind,
        metadata["namespace"],
        metadata["name"],
        replicas,
        images_of(template),
        tuple(own),
        _pending(kind, item, replicas),
    )


def key_of(who: Identity, default: str) -> Key:
    """The key of an object in Git; `default` is the namespace of those that state none."""
    return who.kind, who.namespace or default, who.name


def images_of(spec: Mapping[str, Any]) -> dict[str, str]:
    """By container, init containers included, the image in the spec of a pod."""
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    return {str(one["name"]): str(one.get("image") or "") for one in containers}


def _pending(kind: str, item: Object, replicas: int) -> str:
    """What keeps a rollout from being complete, as `kubectl rollout status` decides it."""
    status = item.get("status") or {}
    if status.get("observedGeneration", 0) < item["metadata"].get("generation", 0):
        return "its controller has not seen the newest template yet"
    found = conditions(item)
    progressing = found.get("Progressing", {})
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return f"ProgressDeadlineExceeded: {progressing.get('message', '')}"
    if failure := found.get("ReplicaFailure"):
        return f"{failure.get('reason', '')}: {failure.get('message', '')}"
    fields = ("updatedNumberScheduled", "numberAvailable", "currentNumberScheduled")
    fields = fields if kind == "DaemonSet" else ("updatedReplicas", "availableReplicas", "replicas")
    updated, available, total = (status.get(field, 0) for field in fields)
    left = (
        (updated < replicas, f"{updated} of {replicas} pods are of the newest template"),
        (total > updated, f"{number_of(total - updated, 'pod')} of an older template left"),
        (available < replicas, f"{available} of {replicas} pods are available"),
    )
    return next((what for is_so, what in left if is_so), "")


def _pod(item: Object) -> Pod:
    metadata, status = item["metadata"], item.get("status") or {}
    states = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    ready = conditions(item).get("Ready", {}).get("status") == "True"
    digests = {one["name"]: found[0] for one in states if (found := _DIGEST.search(one.get("imageID", "")))}
    return Pod(
        metadata["namespace"],
        metadata["name"],
        ready,
        images_of(item["spec"]),
        digests,
        _limits(item["spec"]),
        "" if ready or status.get("phase") == "Succeeded" else _problem(item, states),
        _owner(item),
        "deletionTimestamp" in metadata,
    )


def _limits(spec: Mapping[str, Any]) -> dict[str, float]:
    containers = [(one.get("resources") or {}).get("limits") or {} for one in spec.get("containers") or ()]
    names = set.intersection(*map(set, containers)) if containers else set()
    return {name: sum(quantity.number(one[name]) for one in containers) for name in names & {"cpu", "memory"}}


def _problem(item: Object, states: Iterable[Mapping[str, Any]]) -> str:
    """Why a pod is not ready: the first container that waits or ended, else the pod's own conditions."""
    status = item.get("status") or {}
    for one in states:
        state = one.get("state") or {}
        if (waits := state.get("waiting")) and waits.get("reason") not in (None, "PodInitializing"):
            return _said(f"container {one['name']} waits: {waits['reason']}", waits.get("message"))
        if (ended := state.get("terminated")) and ended.get("exitCode"):
            code = f"{ended.get('reason', 'Error')}, exit code {ended['exitCode']}"
            return _said(f"container {one['name']} ended: {code}", ended.get("message"))
    if status.get("reason"):
        return _said(str(status["reason"]), status.get("message"))
    found = conditions(item)
    for name in ("PodScheduled", "Initialized", "ContainersReady", "Ready"):
        one = found.get(name, {})
        if one.get("status") == "False":
            return _said(str(one.get("reason") or f"{name} is False"), one.get("message"))
    return f"it is {status.get('phase', 'Unknown')}"


def _said(what: str, message: Any) -> str:
    return f"{what}: {' '.join(str(message).split())}" if message else what


def _job(item: Object) -> Job:
    metadata, found = item["metadata"], conditions(item)
    states = {name: one for name, one in found.items() if one.get("status") == "True"}
    failure = states.get("Failed") or states.get("FailureTarget") or {}
    return Job(
        metadata["namespace"],
        metadata["name"],
        images_of(item["spec"]["template"]["spec"]),
        "Complete" in states,
        bool(failure),
        str(failure.get("reason", "")),
        " ".join(str(failure.get("message", "")).split()),
        any(one.get("kind") == "CronJob" for one in metadata.get("ownerReferences") or ()),
    )
