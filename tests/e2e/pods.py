"""Pods that keep or break the restricted Pod Security Standard, in combinations that nobody would think of."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.e2e.api import Object

EXAMPLES = 300
ABSENT: Any = object()


class Change(NamedTuple):
    """A value for one field of a pod, of its container or of its init container."""

    place: str
    path: str
    value: Any


SHARED = {
    "securityContext.runAsNonRoot": [ABSENT, True, False],
    "securityContext.runAsUser": [ABSENT, 0, 1001],
    "securityContext.seccompProfile": [
        ABSENT,
        {"type": "RuntimeDefault"},
        {"type": "Localhost", "localhostProfile": "own.json"},
        {"type": "Unconfined"},
    ],
    "securityContext.appArmorProfile": [{"type": "RuntimeDefault"}, {"type": "Unconfined"}],
    "securityContext.seLinuxOptions": [
        {"type": "container_t"},
        {"type": "container_engine_t"},
        {"type": "spc_t"},
        {"level": "s0:c1,c2"},
        {"user": "root"},
        {"role": "sysadm_r"},
    ],
    "securityContext.windowsOptions": [{"runAsUserName": "ContainerUser"}, {"hostProcess": False}],
}
SOURCES: list[Object] = [
    {"emptyDir": {}},
    {"configMap": {"name": "c"}},
    {"secret": {"secretName": "s"}},
    {"downwardAPI": {"items": []}},
    {"projected": {"sources": [{"configMap": {"name": "c"}}]}},
    {"persistentVolumeClaim": {"claimName": "c"}},
    {"csi": {"driver": "inline.example.com"}},
    {"image": {"reference": "example.com/data:1"}},
    {"hostPath": {"path": "/var/log"}},
    {"nfs": {"server": "nfs.example.com", "path": "/"}},
    {"iscsi": {"targetPortal": "192.0.2.1:3260", "iqn": "iqn.2001-04.com.example:d", "lun": 0}},
]
OF_POD = {
    **SHARED,
    "hostNetwork": [True, False],
    "hostPID": [True, False],
    "hostIPC": [True, False],
    "hostUsers": [True, False, False],
    "securityContext.supplementalGroups": [[0]],
    "securityContext.sysctls": [
        [{"name": "net.ipv4.tcp_syncookies", "value": "1"}],
        [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}],
        [{"name": "net.ipv4.tcp_keepalive_time", "value": "60"}],
        [{"name": "kernel.msgmax", "value": "65536"}],
    ],
    "volumes": [[{"name": "v", **source}] for source in SOURCES],
}
OF_CONTAINER = {
    **SHARED,
    "securityContext.allowPrivilegeEscalation": [ABSENT, True, False],
    "securityContext": [{"privileged": True}],
    "securityContext.privileged": [False],
    "securityContext.procMount": ["Default", "Unmasked"],
    "securityContext.capabilities": [
        ABSENT,
        {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
        {"drop": ["ALL"], "add": ["CHOWN"]},
        {"drop": ["ALL"], "add": ["SYS_ADMIN"]},
        {"drop": ["CAP_ALL"]},
        {"drop": ["NET_RAW"]},
        {"drop": ["all"]},
    ],
    "ports": [
        [{"containerPort": 8080}],
        [{"containerPort": 8080, "hostPort": 0}],
        [{"containerPort": 8080, "hostPort": 8080}],
    ],
}
# Init containers that end have no probes.
OF_SERVER = {
    "livenessProbe": [
        {"httpGet": {"port": 8080}},
        {"httpGet": {"port": 8080, "host": ""}},
        {"httpGet": {"port": 8080, "host": "192.0.2.1"}},
        {"tcpSocket": {"port": 8080, "host": "127.0.0.1"}},
    ],
    "lifecycle": [
        {"preStop": {"httpGet": {"port": 8080, "host": "192.0.2.1"}}},
        {"postStart": {"httpGet": {"port": 8080}}},
    ],
}
CHANGES = [
    Change(place, path, value)
    for place, fields in (
        ("", OF_POD),
        ("containers", {**OF_CONTAINER, **OF_SERVER}),
        ("initContainers", OF_CONTAINER),
    )
    for path, values in fields.items()
    for value in values
]


def hardened(name: str) -> Object:
    """A pod that nobody objects to."""
    container = {
        "image": "example.com/cart:1.0",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
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
                    "name": "server",
                    "resources": {
                        key: {"cpu": "10m", "memory": "16Mi", "ephemeral-storage": "16Mi"}
                        for key in ("requests", "limits")
                    },
                    **copy.deepcopy(container),
                }
            ],
            "initContainers": [{"name": "first", **container}],
        },
    }


def _changed(changes: list[Change]) -> Object:
    pod = hardened("")
    for change in changes:
        target = pod["spec"][change.place][0] if change.place else pod["spec"]
        *parents, last = change.path.split(".")
        for each in parents:
            target = target.setdefault(each, {})
        if change.value is ABSENT:
            target.pop(last, None)
        else:
            target[last] = copy.deepcopy(change.value)
    return pod


def _in_user_namespace(pod: Object) -> None:
    """Root in there is nobody outside, so the standard forbids less."""
    pod["spec"]["hostUsers"] = False


def _for_windows(pod: Object) -> None:
    """Take away what Windows does not have."""
    for each in (pod["spec"], *pod["spec"]["containers"], *pod["spec"]["initContainers"]):
        context = each.get("securityContext", {})
        each["securityContext"] = {key: context[key] for key in ("runAsNonRoot", "windowsOptions") if key in context}
    pod["spec"]["os"] = {"name": "windows"}


SYSTEMS: list[Callable[[Object], None]] = [
    *[lambda _: None] * 6,
    _in_user_namespace,
    _in_user_namespace,
    _for_windows,
]


def generated(namespace: str) -> list[Object]:
    """Different pods, the same ones in every run."""
    found: dict[str, Object] = {}

    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.sampled_from(CHANGES), max_size=3), st.sampled_from(SYSTEMS))
    def collect(changes: list[Change], adapt: Callable[[Object], None]) -> None:
        pod = _changed(changes)
        adapt(pod)
        found.setdefault(json.dumps(pod), pod)

    collect()
    for number, pod in enumerate(found.values()):
        pod["metadata"] = {"name": f"pod-{number}", "namespace": namespace}
    return list(found.values())
