"""Every field that Pod Security looks at, and what a manifest may say there: nothing, good and bad."""

from __future__ import annotations

from typing import Any

from tests.e2e.api import Object

ABSENT: Any = object()
APPARMOR = "container.apparmor.security.beta.kubernetes.io/server"

# A manifest may say nothing in several ways, and each means what an absent field means.
SHARED: dict[str, list[Any]] = {
    "securityContext": [None, {}],
    "securityContext.runAsNonRoot": [ABSENT, None, True, False],
    "securityContext.runAsUser": [ABSENT, None, 0, 1001],
    "securityContext.runAsGroup": [0],
    "securityContext.seccompProfile": [
        ABSENT,
        None,
        {"type": "RuntimeDefault"},
        {"type": "Localhost", "localhostProfile": "own.json"},
        {"type": "Unconfined"},
    ],
    "securityContext.appArmorProfile": [
        None,
        {"type": "RuntimeDefault"},
        {"type": "Localhost", "localhostProfile": "own"},
        {"type": "Unconfined"},
    ],
    "securityContext.seLinuxOptions": [
        None,
        {},
        *({"type": f"container_{name}t"} for name in ("", "init_", "kvm_", "engine_", "other_")),
        {"type": None},
        {"type": "spc_t"},
        {"level": "s0:c1,c2"},
        {"user": ""},
        {"user": "root"},
        {"role": "sysadm_r"},
    ],
    "securityContext.windowsOptions": [None, {}, {"runAsUserName": "ContainerUser"}, {"hostProcess": False}],
}
SOURCES: list[Object] = [
    {},
    {"emptyDir": {}},
    {"emptyDir": None},
    {"emptyDir": {}, "hostPath": None},
    {"hostPath": None},
    {"configMap": {"name": "c"}},
    {"secret": {"secretName": "s"}},
    {"downwardAPI": {"items": []}},
    {"projected": {"sources": [{"configMap": {"name": "c"}}]}},
    {"persistentVolumeClaim": {"claimName": "c"}},
    {"csi": {"driver": "inline.example.com"}},
    {"image": {"reference": "example.com/data:1"}},
    {
        "ephemeral": {
            "volumeClaimTemplate": {
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
            }
        }
    },
    {"awsElasticBlockStore": {"volumeID": "v"}},
    {"azureDisk": {"diskName": "d", "diskURI": "https://example.com/d"}},
    {"azureFile": {"secretName": "s", "shareName": "s"}},
    {"cephfs": {"monitors": ["192.0.2.1:6789"]}},
    {"cinder": {"volumeID": "v"}},
    {"fc": {"targetWWNs": ["500a0982991b8dc5"], "lun": 0}},
    {"flexVolume": {"driver": "example.com/driver"}},
    {"flocker": {"datasetName": "d"}},
    {"gcePersistentDisk": {"pdName": "d"}},
    {"gitRepo": {"repository": "https://example.com/r.git"}},
    {"glusterfs": {"endpoints": "e", "path": "p"}},
    {"hostPath": {"path": "/var/log"}},
    {"iscsi": {"targetPortal": "192.0.2.1:3260", "iqn": "iqn.2001-04.com.example:d", "lun": 0}},
    {"nfs": {"server": "nfs.example.com", "path": "/"}},
    {"photonPersistentDisk": {"pdID": "d"}},
    {"portworxVolume": {"volumeID": "v"}},
    {"quobyte": {"registry": "192.0.2.1:7861", "volume": "v"}},
    {"rbd": {"monitors": ["192.0.2.1:6789"], "image": "i"}},
    {"scaleIO": {"gateway": "https://example.com", "system": "s", "volumeName": "v", "secretRef": {"name": "s"}}},
    {"storageos": {"volumeName": "v", "volumeNamespace": "n"}},
    {"vsphereVolume": {"volumePath": "[d] v"}},
]
SYSCTLS = {
    "kernel.msgmax": "65536",
    "kernel.shm_rmid_forced": "1",
    "net.core.somaxconn": "1024",
    "net.ipv4.ip_local_port_range": "1024 65535",
    "net.ipv4.ip_local_reserved_ports": "8080",
    "net.ipv4.ip_unprivileged_port_start": "0",
    "net.ipv4.ping_group_range": "0 0",
    "net.ipv4.tcp_fin_timeout": "60",
    "net.ipv4.tcp_keepalive_intvl": "60",
    "net.ipv4.tcp_keepalive_probes": "9",
    "net.ipv4.tcp_keepalive_time": "60",
    "net.ipv4.tcp_rmem": "4096 87380 16777216",
    "net.ipv4.tcp_syncookies": "1",
    "net.ipv4.tcp_wmem": "4096 65536 16777216",
    "net/ipv4/tcp_syncookies": "1",
}
OF_METADATA: dict[str, list[Any]] = {
    "annotations": [None, {}, *({APPARMOR: name} for name in ("", "runtime/default", "localhost/own", "unconfined"))],
}
OF_POD: dict[str, list[Any]] = {
    **SHARED,
    "hostNetwork": [None, True, False],
    "hostPID": [None, True, False],
    "hostIPC": [None, True, False],
    "hostUsers": [None, True, False],
    "os": [None, {"name": "linux"}],
    "initContainers": [None, []],
    "ephemeralContainers": [None, []],
    "securityContext.supplementalGroups": [[0]],
    "securityContext.fsGroup": [0],
    "securityContext.sysctls": [None, [], *([{"name": name, "value": value}] for name, value in SYSCTLS.items())],
    "volumes": [None, [], *([{"name": "v", **source}] for source in SOURCES)],
}
OF_DEBUGGER: dict[str, list[Any]] = {
    **SHARED,
    "securityContext.allowPrivilegeEscalation": [ABSENT, None, True, False],
    "securityContext.privileged": [None, False, True],
    "securityContext.procMount": [None, "Default", "Unmasked"],
    "securityContext.capabilities": [
        ABSENT,
        None,
        {},
        {"drop": None},
        {"drop": []},
        {"drop": ["ALL"], "add": None},
        {"drop": ["ALL"], "add": []},
        {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
        {"drop": ["NET_RAW", "ALL"], "add": ["NET_BIND_SERVICE", "CHOWN"]},
        {"drop": ["ALL"], "add": ["CHOWN"]},
        {"drop": ["ALL"], "add": ["CAP_NET_BIND_SERVICE"]},
        {"drop": ["ALL"], "add": ["SYS_ADMIN"]},
        {"drop": ["ALL"], "add": [""]},
        {"drop": ["CAP_ALL"]},
        {"drop": ["NET_RAW"]},
        {"drop": ["all"]},
    ],
}
OF_CONTAINER: dict[str, list[Any]] = {
    **OF_DEBUGGER,
    "ports": [
        None,
        [],
        [{"containerPort": 8080}],
        [{"containerPort": 8080, "hostPort": None}],
        [{"containerPort": 8080, "hostPort": 0}],
        [{"containerPort": 8080, "hostPort": 8080}],
        [{"containerPort": 8080}, {"containerPort": 8081, "hostPort": 8081}],
    ],
}
HANDLERS: list[Object | None] = [
    None,
    {"httpGet": {"port": 8080}},
    {"httpGet": {"port": 8080, "host": None}},
    {"httpGet": {"port": 8080, "host": ""}},
    {"httpGet": {"port": 8080, "host": "192.0.2.1"}},
    {"tcpSocket": {"port": 8080}},
    {"tcpSocket": {"port": 8080, "host": "127.0.0.1"}},
]
OF_SERVER: dict[str, list[Any]] = {
    **dict.fromkeys(("livenessProbe", "readinessProbe", "startupProbe"), HANDLERS),
    **{f"lifecycle.{name}": HANDLERS for name in ("preStop", "postStart")},
    "lifecycle": [None, {}],
}
# Only a container that goes on running has probes: a server, or one of these before it.
OF_SIDECAR = {"restartPolicy": ["Always"]}
PLACES: dict[str, dict[str, list[Any]]] = {
    "metadata": OF_METADATA,
    "spec": OF_POD,
    "containers": {**OF_CONTAINER, **OF_SERVER},
    "initContainers": {**OF_CONTAINER, **OF_SIDECAR},
    "sidecars": {**OF_CONTAINER, **OF_SERVER},
    "ephemeralContainers": OF_DEBUGGER,
}
