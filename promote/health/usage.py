"""What the pods of each workload use of their limits, where metrics.k8s.io is served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promote.cluster import quantity
from promote.cluster.resources import POD_METRICS
from promote.cluster.workloads import Pod
from promote.health.protocol import Check, Row, Subject

_NEARLY = 0.9  # of the memory, beyond which a pod is likely to be killed


def look(subject: Subject) -> Iterator[Row]:
    """One row per workload whose pods are measured."""
    used = {}
    for one in subject.items(POD_METRICS):
        usages = [each.get("usage") or {} for each in one.get("containers") or ()]
        used[one["metadata"]["namespace"], one["metadata"]["name"]] = {
            name: sum(quantity.number(each.get(name, "0")) for each in usages) for name in ("cpu", "memory")
        }
    for workload in subject.workloads:
        measured = [
            (pod, used[pod.namespace, pod.name]) for pod in workload.pods if (pod.namespace, pod.name) in used
        ]
        if measured:
            yield _row(str(workload), measured)


def _row(name: str, measured: Sequence[tuple[Pod, Mapping[str, float]]]) -> Row:
    parts = []
    for resource, shown in (("cpu", quantity.cores), ("memory", quantity.memory)):
        total = sum(used[resource] for _, used in measured)
        limits = [pod.limits.get(resource, 0) for pod, _ in measured]
        share = f" of {shown(sum(limits))} ({total / sum(limits):.0%})" if all(limits) else ""
        parts.append(f"{resource} {shown(total)}{share}")
    full = [
        pod.name for pod, used in measured if (most := pod.limits.get("memory")) and used["memory"] > most * _NEARLY
    ]
    warning = f"; nearly all of its memory: {', '.join(full)}" if full else ""
    return Row(name, "warning" if full else "ok", ", ".join(parts) + warning)


CHECK = Check("Usage", look, needs="metrics.k8s.io")
