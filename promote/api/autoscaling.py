"""What the API server asks of autoscalers beyond their schemas: k8s.io/kubernetes/pkg/apis/autoscaling/validation."""

from __future__ import annotations

from promote.api.forms import (
    DNS_LABEL,
    FILLED,
    GROUPED,
    NOT_NEGATIVE,
    POSITIVE,
    POSITIVE_AMOUNT,
    SEGMENT,
    SOME,
    Schema,
    equals,
    every,
    exactly_one,
    filled,
    has,
    refuse,
    require,
    some,
    within,
)

_API = "io.k8s.api.autoscaling."
_REFERENCE = {"kind": SEGMENT | FILLED, "name": SEGMENT | FILLED}
# Only the core group has no name; replication controllers are in it.
_SCALED: Schema = {"properties": {"apiVersion": {"anyOf": [{"const": "v1"}, GROUPED]}}}
_METRICS = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
_TARGETS = {
    "ContainerResource": ("averageUtilization", "averageValue"),
    "External": ("averageValue", "value"),
    "Resource": ("averageUtilization", "averageValue"),
}


def _source(fields: tuple[str, ...]) -> Schema:
    return require(within("target", exactly_one(*fields)), f"the target needs either {' or '.join(fields)}")


_GROUP_OF_TARGET = require(
    within("scaleTargetRef", filled("apiVersion")), "scaleTargetRef needs apiVersion, such as apps/v1"
)


FIELDS: dict[str, dict[str, Schema]] = {
    f"{_API}v1.CrossVersionObjectReference": _REFERENCE,
    f"{_API}v1.HorizontalPodAutoscalerSpec": {
        "maxReplicas": POSITIVE,
        "minReplicas": POSITIVE,
        "scaleTargetRef": _SCALED,
        "targetCPUUtilizationPercentage": POSITIVE,
    },
    f"{_API}v2.ContainerResourceMetricSource": {
        "container": DNS_LABEL, "name": {"pattern": r"^(cpu|memory|ephemeral-storage|hugepages-.+|[^/]+/.+)$"},
    },
    f"{_API}v2.CrossVersionObjectReference": _REFERENCE,
    f"{_API}v2.HorizontalPodAutoscalerSpec": {
        "maxReplicas": POSITIVE, "minReplicas": NOT_NEGATIVE, "scaleTargetRef": _SCALED,
    },
    f"{_API}v2.HPAScalingPolicy": {
        "periodSeconds": {"minimum": 1, "maximum": 1800}, "type": FILLED, "value": POSITIVE,
    },
    f"{_API}v2.HPAScalingRules": {
        "policies": SOME, "stabilizationWindowSeconds": {"minimum": 0, "maximum": 3600},
    },
    f"{_API}v2.MetricIdentifier": {"name": SEGMENT | FILLED},
    f"{_API}v2.MetricSpec": {"type": FILLED},
    f"{_API}v2.MetricTarget": {
        "averageUtilization": POSITIVE, "averageValue": POSITIVE_AMOUNT, "type": FILLED, "value": POSITIVE_AMOUNT,
    },
    f"{_API}v2.ResourceMetricSource": {"name": FILLED},
}  # fmt: skip

CONFLICTS: dict[str, list[Schema]] = {
    f"{_API}v1.HorizontalPodAutoscalerSpec": [_GROUP_OF_TARGET],
    f"{_API}v2.ContainerResourceMetricSource": [_source(_TARGETS["ContainerResource"])],
    f"{_API}v2.ExternalMetricSource": [_source(_TARGETS["External"])],
    f"{_API}v2.HorizontalPodAutoscalerSpec": [
        _GROUP_OF_TARGET,
        refuse(
            every(
                equals("minReplicas", 0),
                {"not": within("metrics", {"contains": equals("type", "External", "Object")})},
            ),
            "minReplicas: 0 needs a metric of type External or Object",
        ),
    ],
    f"{_API}v2.MetricSpec": [
        refuse(
            every(
                equals("type", type_),
                some({"not": has(field)}, *(has(other) for other in _METRICS.values() if other != field)),
            ),
            f"a metric of type {type_} needs {field} and no other source",
        )
        for type_, field in _METRICS.items()
    ],
    f"{_API}v2.ObjectMetricSource": [
        require(within("target", some(has("averageValue"), has("value"))), "the target needs value or averageValue"),
    ],
    f"{_API}v2.PodsMetricSource": [
        require(within("target", has("averageValue")), "the target of pods needs averageValue"),
    ],
    f"{_API}v2.ResourceMetricSource": [_source(_TARGETS["Resource"])],
}
