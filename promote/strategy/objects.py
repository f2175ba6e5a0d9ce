"""The rendered objects that a strategy is about: Services, the workloads whose pods they select, and autoscalers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from promote.errors import UsageError, nearest
from promote.model import Document
from promote.versions import fields
from promote.yamltext import places

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout")
_LEAST = {"HorizontalPodAutoscaler": "minReplicas", "ScaledObject": "minReplicaCount"}
Labels = Mapping[str, str]


def of_kind(documents: Iterable[Document], *kinds: str) -> list[Document]:
    """The objects of these kinds, in order."""
    return [one for one in documents if one.identity.kind in kinds]


def selector(service: Document) -> Labels:
    """The labels that a Service selects pods by; none for a Service without a selector."""
    return {key: str(value) for key, value in (places.value_at(service.content, ["spec", "selector"]) or {}).items()}


def pod_labels(workload: Document) -> Labels:
    """The labels of a workload's pods."""
    found = places.value_at(workload.content, ["spec", "template", "metadata", "labels"])
    return {key: str(value) for key, value in (found or {}).items()}


def images(workload: Document) -> list[str]:
    """The images of a workload's containers."""
    pod = places.value_at(workload.content, ["spec", "template", "spec"]) or {}
    containers = [*(pod.get("initContainers") or ()), *(pod.get("containers") or ())]
    return [str(one.get("image")) for one in containers]


def share_image(one: Document, other: Document | None) -> bool:
    """Whether two workloads have an image in common, in whatever version."""
    found = [{fields.split(image)[0] for image in images(each)} for each in (one, other) if each]
    return len(found) > 1 and bool(found[0] & found[1])


def selects(labels: Labels, workload: Document) -> bool:
    """Whether the pods of a workload have all of the labels; nothing is selected by none."""
    return bool(labels) and labels.items() <= pod_labels(workload).items()


def serves(service: Document, workload: Document) -> bool:
    """Whether a Service selects the pods of a workload."""
    is_near = service.identity.namespace == workload.identity.namespace
    return is_near and selects(selector(service), workload)


def selected(labels: Labels, documents: Iterable[Document], namespace: str) -> list[Document]:
    """The workloads of a namespace whose pods have all of the labels."""
    found = of_kind(documents, *WORKLOADS)
    return [one for one in found if one.identity.namespace == namespace and selects(labels, one)]


def service(documents: Sequence[Document], name: str) -> Document:
    """The Service called `name`, or the one that selects the pods of the workload called `name`.

    Raises UsageError, with the nearest names, where there is not exactly one.
    """
    services = of_kind(documents, "Service")
    if found := [one for one in services if one.identity.name == name]:
        return _only(found, name)
    workloads = [one for one in of_kind(documents, *WORKLOADS) if one.identity.name == name]
    found = [one for one in services if any(serves(one, workload) for workload in workloads)]
    if not found:
        names = [one.identity.name for one in (*services, *workloads)]
        raise UsageError(f"no Service is called '{name}', and none selects the pods of a workload '{name}'"
                         f"{nearest(name, names)}")  # fmt: skip
    return _only(found, name)


def workload(documents: Sequence[Document], name: str) -> Document:
    """The Deployment or StatefulSet called `name`; raises UsageError, with the nearest names, if there is none."""
    known = of_kind(documents, *WORKLOADS)
    found = [one for one in known if one.identity.name == name]
    if not found:
        names = nearest(name, (one.identity.name for one in known))
        raise UsageError(f"no Deployment is called '{name}'{names}")
    return _only(found, name)


def _only(found: Sequence[Document], name: str) -> Document:
    if len(found) > 1:
        raise UsageError(f"'{name}' could be {' or '.join(str(one.identity) for one in found)}: name the Service")
    return found[0]


def scaler(documents: Iterable[Document], target: Document) -> Document | None:
    """The autoscaler of a workload, if it has one."""
    for one in of_kind(documents, *_LEAST):
        who = places.value_at(one.content, ["spec", "scaleTargetRef"]) or {}
        named = (one.identity.namespace, who.get("kind", "Deployment"), who.get("name"))
        if named == (target.identity.namespace, target.identity.kind, target.identity.name):
            return one
    return None


def least_pods(documents: Iterable[Document], target: Document) -> int:
    """How many pods a workload has at least: its autoscaler's minimum or, where nothing scales it, its replicas."""
    found = scaler(documents, target)
    steps = ["spec", _LEAST[found.identity.kind] if found else "replicas"]
    value = places.value_at((found or target).content, steps)
    return value if isinstance(value, int) else 1
