"""HorizontalPodAutoscalers: whether each one gets its metrics and can scale."""

from __future__ import annotations

from collections.abc import Iterator

from promote.cluster.resources import AUTOSCALERS
from promote.cluster.workloads import conditions
from promote.engines.protocol import line
from promote.health.protocol import Check, Row, Subject


def look(subject: Subject) -> Iterator[Row]:
    """One row per autoscaler."""
    for one in subject.items(AUTOSCALERS):
        spec, status, found = one["spec"], one.get("status") or {}, conditions(one)
        name = f"HorizontalPodAutoscaler/{one['metadata']['name']}"
        pods = f"{status.get('currentReplicas', 0)} pods, {spec.get('minReplicas', 1)} to {spec['maxReplicas']}"
        wrong = [
            f"{each.get('reason')}: {line(each.get('message'))}"
            for kind in ("AbleToScale", "ScalingActive")
            if (each := found.get(kind, {})).get("status") == "False" and each.get("reason") != "ScalingDisabled"
        ]
        if wrong:
            yield Row(name, "failed", f"{pods}; {'; '.join(wrong)}")
        elif not found:
            yield Row(name, "unknown", f"{pods}; its controller has not seen it yet")
        elif found.get("ScalingLimited", {}).get("reason") == "TooManyReplicas":
            yield Row(name, "warning", f"{pods}; it wants more than its maximum")
        else:
            yield Row(name, "ok", pods)


CHECK = Check("Autoscalers", look)
