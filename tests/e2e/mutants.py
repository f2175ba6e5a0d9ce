"""Objects that differ from a valid one in one place: a wrong value, a missing field, or one that conflicts."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.e2e.api import Object
from tests.manifests.render import CLUSTER_SCOPED

Path_ = tuple[str | int, ...]

NAMESPACE = "validation"
OF_THE_CLUSTER = {*CLUSTER_SCOPED, "IngressClass", "RuntimeClass", "ValidatingWebhookConfiguration"}
# Where a mutant would be another object, or where nobody could send it.
FIXED = {("apiVersion",), ("kind",), ("metadata",), ("metadata", "name"), ("metadata", "namespace")}
TEXTS: tuple[Any, ...] = (
    "", "Wrong_Value!", "UPPER", "a b", " a", "a/b", "a/b/c", "../a", "/a", "a.b", "-a", "a.", "a_b", "10", "-1", "0",
    "192.0.2.1", "10.0.0.0/33", "1.5", "50%", "150%", "*", "a" * 64, "a" * 254, "ä", 7, True, None, [], {},
)  # fmt: skip
NUMBERS: tuple[Any, ...] = (
    -1,
    0,
    1,
    2,
    101,
    3601,
    65535,
    65536,
    86401,
    10**9 + 1,
    2**31,
    1.5,
    "a",
    "5",
    "5%",
    "",
    True,
    None,
    [],
)
FLAGS: tuple[Any, ...] = ("true", 1, None, {})
# Fields that no valid object here has, because they conflict with one that it has; by the field that holds them.
STRANGERS: dict[str, Object] = {
    "spec": {
        "hostPID": True, "hostNetwork": True, "hostUsers": False,
        "ephemeralContainers": [{"name": "e", "image": "i"}],
        "minAvailable": 1, "maxUnavailable": 1, "clusterIP": "None", "externalName": "a.example.com",
        "loadBalancerClass": "example.com/a", "healthCheckNodePort": 30000, "externalTrafficPolicy": "Local",
        "nosuchfield": 1, "manualSelector": True, "runtimeClassName": "none", "priorityClassName": "none",
    },
    "": {"nosuchfield": 1},
    "livenessProbe": {"exec": {"command": ["a"]}, "terminationGracePeriodSeconds": 0},
    "readinessProbe": {"exec": {"command": ["a"]}, "terminationGracePeriodSeconds": 5},
    "startupProbe": {"exec": {"command": ["a"]}, "successThreshold": 2},
    "preStop": {"exec": {"command": ["a"]}},
    "initContainers": {
        "livenessProbe": {"exec": {"command": ["a"]}}, "lifecycle": {"preStop": {"sleep": {"seconds": 1}}},
    },
    "env": {"value": "a", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    "envFrom": {"configMapRef": {"name": "a"}, "secretRef": {"name": "a"}},
    "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}, "fieldRef": {"fieldPath": "metadata.name"}},
    "volumes": {"emptyDir": {}, "hostPath": {"path": "/a"}, "secret": {"secretName": "a"}},
    "volumeMounts": {"subPath": "a", "subPathExpr": "$(A)"},
    "securityContext": {"privileged": True, "windowsOptions": {"runAsUserName": "a"}, "procMount": "Unmasked"},
    "capabilities": {"add": ["CAP_SYS_ADMIN"]},
    "tolerations": {"value": "a", "tolerationSeconds": 5},
    "strategy": {"rollingUpdate": {"maxSurge": 1}},
    "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0},
    "from": {"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}},
    "to": {"ipBlock": {"cidr": "10.0.0.0/8"}},
    "ports": {"endPort": 9000, "nodePort": 30001, "hostPort": 8080, "name": "http"},
    "backend": {"resource": {"kind": "A", "name": "b"}, "service": {"name": "a", "port": {"number": 1}}},
    "port": {"number": 80, "name": "http"},
    "metrics": {"resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 1}}},
    "target": {"averageValue": "1", "averageUtilization": 1, "value": "1"},
    "rules": {"nonResourceURLs": ["/a"], "resourceNames": ["a"]},
    "subjects": {"apiGroup": "example.com", "namespace": "a"},
    "clientConfig": {"url": "https://example.com"},
    "data": {"a b": "aGVsbG8="},
    "labels": {"a b": "c", "a/b/c": "d", "ok": "a b"},
    "annotations": {"a b": "c"},
    "hard": {"nonsense": "1", "cpu": "-1"},
    "requests": {"memory": "-1", "cpu": "5", "nonsense": "1"},
    "limits": {"cpu": "1m", "nonsense": "1"},
    "resources": {"claims": [{"name": "a"}]},
}  # fmt: skip


_REMOVED: Any = object()


class Change(NamedTuple):
    """The value that a valid object gets at a path."""

    item: Object
    path: Path_
    value: Any

    @property
    def said(self) -> str:
        """Where it is and what it does, for whoever reads of a difference."""
        where = f"{self.item['kind']}/{self.item['metadata']['name']} {'.'.join(map(str, self.path))}"
        return f"{where} removed" if self.value is _REMOVED else f"{where} = {self.value!r}"


class Mutant(NamedTuple):
    """An object, and what it differs in."""

    said: str
    item: Object


def valid() -> list[Object]:
    """The valid objects, all in one namespace, except those of the cluster."""
    found = list(yaml.safe_load_all((Path(__file__).parent / "validity.yaml").read_text(encoding="utf-8")))
    for item in found:
        if item["kind"] not in OF_THE_CLUSTER:
            item["metadata"]["namespace"] = NAMESPACE
    return found


def mutants(objects: list[Object], number: int | None, seed: int) -> list[Mutant]:
    """All mutants of the objects, or this many of them, chosen by the seed."""
    seen = _values(objects)
    found = [change for item in objects for change in _changes(item, seen)]
    if number is not None and number < len(found):
        found = random.Random(seed).sample(found, number)  # noqa: S311 a sample, not a secret
    return [Mutant(change.said, _made(change, f"m{index}")) for index, change in enumerate(found)]


def _made(change: Change, name: str) -> Object:
    changed = copy.deepcopy(change.item)
    changed["metadata"]["name"] = name
    *parents, last = change.path
    holder = _at(changed, tuple(parents))
    if change.value is _REMOVED:
        del holder[last]
    else:
        holder[last] = copy.deepcopy(change.value)
    return changed


def _values(objects: list[Object]) -> dict[str, list[Any]]:
    """What each field holds in some object, by its name."""
    found: dict[str, list[Any]] = {}
    for item in objects:
        for path in _paths(item):
            field = _field(path)
            value = _at(item, path)
            if field and not isinstance(path[-1], int) and value not in found.setdefault(field, []):
                found[field].append(value)
    return found


def _changes(item: Object, seen: dict[str, list[Any]]) -> Iterator[Change]:
    for path in _paths(item):
        if path in FIXED:
            continue
        value = _at(item, path)
        yield Change(item, path, _REMOVED)
        others = [each for each in seen.get(str(path[-1]), []) if isinstance(each, str | int)]
        for wrong in _wrong(value, others):
            yield Change(item, path, wrong)
        if isinstance(value, list) and value:
            yield Change(item, path, [*value, value[0]])
    for path in ((), *_paths(item)):
        if isinstance(_at(item, path), dict):
            for field, stranger in STRANGERS.get(_field(path), {}).items():
                yield Change(item, (*path, field), stranger)


def _field(path: Path_) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "")


def _wrong(value: Any, others: list[Any]) -> list[Any]:
    if isinstance(value, bool):
        return [not value, *FLAGS]
    if isinstance(value, int):
        return [each for each in (*NUMBERS, *others) if each != value or isinstance(each, bool)]
    if isinstance(value, str):
        return [each for each in (*TEXTS, *others) if each != value]
    return [None, {}, [], "a"]


def _paths(item: Any, path: Path_ = ()) -> Iterator[Path_]:
    parts: list[tuple[str | int, Any]] = []
    if isinstance(item, dict):
        parts = list(item.items())
    elif isinstance(item, list):
        parts = list(enumerate(item))
    for part, value in parts:
        yield (*path, part)
        yield from _paths(value, (*path, part))


def _at(item: Any, path: Path_) -> Any:
    for part in path:
        item = item[part]
    return item
