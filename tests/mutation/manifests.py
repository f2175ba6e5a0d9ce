"""Weakens rendered manifests, one line at a time."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.manifests.render import WORKLOADS, Object

Path = tuple[str | int, ...]
GONE = object()  # in place of a value: the line is taken out
_SAME = object()

CONTAINERS = ("containers", "initContainers")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
OF_POD = (
    "automountServiceAccountToken", "enableServiceLinks", "priorityClassName", "serviceAccountName",
    "terminationGracePeriodSeconds", "topologySpreadConstraints",
)  # fmt: skip
OF_WORKLOAD = (
    "minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit", "strategy", "updateStrategy",
    "persistentVolumeClaimRetentionPolicy", "podManagementPolicy", "serviceName", "volumeClaimTemplates",
    "backoffLimit", "activeDeadlineSeconds", "concurrencyPolicy", "schedule", "startingDeadlineSeconds", "timeZone",
)  # fmt: skip
# What a value becomes where it is not only taken out: weaker, but still what the API server admits.
WEAKER: dict[str, Sequence[Any]] = {
    "allowPrivilegeEscalation": (True,),
    "automountServiceAccountToken": (True,),
    "fsGroup": (0,),
    "privileged": (True,),
    "readOnly": (False,),
    "readOnlyRootFilesystem": (False,),
    "runAsGroup": (0,),
    "runAsNonRoot": (False,),
    "runAsUser": (0,),
    "type": ("Unconfined",),
}


@dataclass(frozen=True, slots=True, eq=False)
class Mutant:
    """One line of one object made weaker: the operator that did it, where, and what stands there then."""

    operator: str
    number: int
    path: Path
    value: Any

    def of(self, objects: Sequence[Object]) -> Object | None:
        """The object as this mutant has it; None where all of it is gone."""
        if not self.path:
            return None
        changed = copy.deepcopy(objects[self.number])
        holder: Any = changed
        for step in self.path[:-1]:
            holder = holder[step]
        if self.value is GONE:
            del holder[self.path[-1]]
        else:
            holder[self.path[-1]] = self.value
        return changed

    def title(self, objects: Sequence[Object]) -> str:
        """The mutant for a reader."""
        it = objects[self.number]
        change = "removed" if self.value is GONE else f"= {self.value!r}"
        return f"{it['kind']}/{it['metadata']['name']} /{'/'.join(map(str, self.path))} {change}"


def mutants(objects: Sequence[Object]) -> Iterator[Mutant]:
    """Every mutant of these objects."""
    for number, it in enumerate(objects):
        for operator, path, value in _of_object(it):
            yield Mutant(operator, number, path, value)


Change = tuple[str, Path, Any]


def _of_object(it: Object) -> Iterator[Change]:
    kind = it["kind"]
    if kind in WORKLOADS:
        yield from _of_workload(it)
    elif kind in _LINES:
        for name, path in _LINES[kind]:
            yield from ((name, where, GONE) for where in _every(it, path))
            yield from ((name, where, _changed(value)) for where, value in _numbers(it, path))
    if kind in _WHOLE:
        yield f"{kind} removed", (), GONE


_WHOLE = (
    "NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler", "ResourceQuota", "LimitRange", "Ingress",
    "PriorityClass", "StorageClass", "ServiceAccount", "Service",
)  # fmt: skip
# Of each kind the places whose every entry and key is taken out, and whose every number is changed.
_LINES: dict[str, Sequence[tuple[str, Path]]] = {
    "NetworkPolicy": (("policy", ("spec",)),),
    "Service": (("service", ("spec",)),),
    "PodDisruptionBudget": (("budget", ("spec",)),),
    "HorizontalPodAutoscaler": (("autoscaler", ("spec",)),),
    "Namespace": (("namespace label", ("metadata", "labels")),),
    "ResourceQuota": (("quota", ("spec", "hard")),),
    "LimitRange": (("limits", ("spec", "limits")),),
    "StorageClass": (("storage class", ()),),
    "PriorityClass": (("priority", ()),),
    "Ingress": (("edge annotation", ("metadata", "annotations")), ("edge", ("spec",))),
    "ServiceAccount": (("account", ("automountServiceAccountToken",)),),
    "Role": (("rights", ("rules",)),),
    "ClusterRole": (("rights", ("rules",)),),
    "RoleBinding": (("rights", ("subjects",)), ("rights", ("roleRef",))),
    "ClusterRoleBinding": (("rights", ("subjects",)), ("rights", ("roleRef",))),
}


def _of_workload(it: Object) -> Iterator[Change]:
    above: Path = ("spec", "jobTemplate", "spec") if it["kind"] == "CronJob" else ("spec",)
    for key in OF_WORKLOAD:
        for place in {("spec",), above}:
            yield from _lines(it, (*place, key), "workload")
    yield from _lines(it, ("spec", "replicas"), "workload")
    pod: Path = (*above, "template", "spec")
    for key in OF_POD:
        yield from _lines(it, (*pod, key), "pod")
    yield from _lines(it, (*pod, "securityContext"), "pod securityContext")
    yield from _lines(it, (*pod, "volumes"), "volume")
    for name in CONTAINERS:
        for index, container in enumerate(_at(it, (*pod, name)) or []):
            yield from _of_container(it, container, (*pod, name, index))


def _of_container(it: Object, container: Object, where: Path) -> Iterator[Change]:
    yield from _lines(it, (*where, "securityContext"), "container securityContext")
    yield from _lines(it, (*where, "resources"), "resources")
    yield from _lines(it, (*where, "volumeMounts"), "mount")
    yield from _lines(it, (*where, "ports"), "port")
    yield from _lines(it, (*where, "lifecycle"), "lifecycle")
    for probe in PROBES:
        yield from _lines(it, (*where, probe), "probe")
    repository = str(container["image"]).partition("@")[0].rpartition(":")[0]
    yield "image", (*where, "image"), f"{repository}:latest"
    yield "image", (*where, "image"), repository
    if "@" in container["image"]:
        yield "image", (*where, "image"), container["image"].partition("@")[0]


def _lines(it: Object, path: Path, operator: str) -> Iterator[Change]:
    """All that can be taken out at and below a place, and all that can be made weaker there."""
    if _at(it, path) is None:
        return
    for where in _every(it, path):
        yield operator, where, GONE
        for value in WEAKER.get(str(where[-1]), ()):
            if value != _at(it, where):
                yield operator, where, value
    for where, value in _numbers(it, path):
        if where[-1] not in WEAKER:
            yield operator, where, _changed(value)


def _every(it: Object, path: Path) -> Iterator[Path]:
    """The place itself and every key and entry below it, but what an API server would not admit without."""
    value = _at(it, path)
    if value is None:
        return
    if path and path[-1] not in _NEEDED:
        yield path
    steps = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for step in steps:
        if not (not path and step in {"apiVersion", "kind", "metadata"}):
            yield from _every(it, (*path, step))


# Without these an object is refused by its schema, or is the same.
_NEEDED = {
    "name", "mountPath", "containerPort", "key", "operator", "topologyKey", "maxSkew", "whenUnsatisfiable", "spec",
    "apiVersion", "kind", "protocol", "target", "scaleTargetRef", "backend", "path", "pathType", "provisioner",
    "verbs", "accessModes", "metadata", "apiGroup", "schedule", "command", "httpGet", "exec", "tcpSocket", "medium",
    "description",
}  # fmt: skip


def _numbers(it: Object, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every number and quantity at or below a place."""
    value = _at(it, path)
    if isinstance(value, dict):
        for step in value:
            yield from _numbers(it, (*path, step))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from _numbers(it, (*path, index))
    elif _changed(value) is not _SAME:
        yield path, value


def _changed(value: Any) -> Any:
    """A number or a quantity ten times as large, and one more."""
    if isinstance(value, bool) or value is None:
        return _SAME
    if isinstance(value, int):
        return value * 10 + 1
    text = str(value)
    digits = text.rstrip("mKMGTi%")
    return f"{int(digits) * 10 + 1}{text[len(digits) :]}" if digits.isdecimal() else _SAME


def _at(it: Any, path: Path) -> Any:
    for step in path:
        try:
            it = it[step]
        except (KeyError, IndexError, TypeError):
            return None
    return it
