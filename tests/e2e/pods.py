"""Pods that keep or break the restricted Pod Security Standard, in combinations that nobody would think of."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.e2e.api import Object
from tests.e2e.pod_fields import ABSENT, PLACES

# How many are put together at random, besides each change by itself.
EXAMPLES = int(os.environ.get("E2E_EXAMPLES", "300"))


class Change(NamedTuple):
    """A value for one field of a pod's metadata, of its spec or of its container in one of the lists."""

    place: str
    path: str
    value: Any


CHANGES = [
    Change(place, path, value)
    for place, fields in PLACES.items()
    for path, values in fields.items()
    for value in values
]


def hardened(name: str) -> Object:
    """A pod that nobody objects to."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    **_container("server"),
                    "resources": {
                        key: {"cpu": "10m", "memory": "16Mi", "ephemeral-storage": "16Mi"}
                        for key in ("requests", "limits")
                    },
                }
            ],
            "initContainers": [_container("first")],
        },
    }


def _container(name: str) -> Object:
    context = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return {"name": name, "image": "example.com/cart:1.0", "securityContext": context}


def _target(pod: Object, place: str) -> Object:
    """The part of a pod that a change is about, made where it is not there yet."""
    if place in pod:
        part: Object = pod[place]
        return part
    name = {"ephemeralContainers": "debugger", "sidecars": "sidecar"}.get(place)
    containers = pod["spec"].get("initContainers" if place == "sidecars" else place) or []
    if name and name not in {each["name"] for each in containers}:
        containers.append(_container(name) | ({"restartPolicy": "Always"} if place == "sidecars" else {}))
        pod["spec"]["initContainers" if place == "sidecars" else place] = containers
    return next((each for each in containers if name in (None, each["name"])), {})


def _changed(changes: list[Change]) -> Object:
    pod = hardened("")
    for change in changes:
        target = _target(pod, change.place)
        *parents, last = change.path.split(".")
        for each in parents:
            target[each] = target.get(each) or {}
            target = target[each]
        if change.value is ABSENT:
            target.pop(last, None)
        else:
            target[last] = copy.deepcopy(change.value)
    return pod


def _containers(pod: Object) -> list[Object]:
    lists = ("containers", "initContainers", "ephemeralContainers")
    return [each for name in lists for each in pod["spec"].get(name) or []]


def _in_user_namespace(pod: Object) -> None:
    """Root in there is nobody outside, so the standard forbids less."""
    pod["spec"]["hostUsers"] = False


def _for_windows(pod: Object) -> None:
    """Take away what Windows does not have."""
    for each in (pod["spec"], *_containers(pod)):
        context = each.get("securityContext") or {}
        each["securityContext"] = {key: context[key] for key in ("runAsNonRoot", "windowsOptions") if key in context}
    pod["spec"]["os"] = {"name": "windows"}


def _on_the_windows_node(pod: Object) -> None:
    """A process of the node, which all containers are or none."""
    _for_windows(pod)
    pod["spec"]["hostNetwork"] = True
    options = pod["spec"]["securityContext"].get("windowsOptions") or {}
    pod["spec"]["securityContext"]["windowsOptions"] = {**options, "hostProcess": True}


SYSTEMS: list[Callable[[Object], None]] = [
    *[lambda _: None] * 6,
    _in_user_namespace,
    _in_user_namespace,
    _for_windows,
    _on_the_windows_node,
]


def _combined() -> Iterator[Object]:
    """Pods with up to four changes at once, the same ones in every run."""
    found: list[Object] = []

    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.sampled_from(CHANGES), max_size=4), st.sampled_from(SYSTEMS))
    def collect(changes: list[Change], adapt: Callable[[Object], None]) -> None:
        pod = _changed(changes)
        adapt(pod)
        found.append(pod)

    collect()
    yield from found


def generated() -> list[Object]:
    """Each change by itself, on every system, and then combinations; no two pods are the same."""
    alone = [_changed([change]) for change in CHANGES]
    for pod in alone[:]:
        for adapt in (_in_user_namespace, _for_windows):
            alone.append(copy.deepcopy(pod))
            adapt(alone[-1])
    found = {json.dumps(pod, sort_keys=True): pod for pod in [*alone, *_combined()]}
    for number, pod in enumerate(found.values()):
        pod["metadata"]["name"] = f"pod-{number}"
    return list(found.values())
