"""What KWOK answers in a kubelet's place: logs, commands in containers, terminals and forwarded ports.

A log has one line; a command is one of PROGRAMS, which says how it was called and does nothing; every port leads to
the same page. So kubectl's way to a container is real, from the API server on, and what is in the container is not.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.api import Object

LINE = "played by KWOK"
LOG = f"2026-01-01T00:00:00.000000000Z stdout F {LINE}\n"
# What may be run, by the images' own documentation; anything else is not found, as in a container that lacks it.
PROGRAMS = ("mysql", "redis-cli", "rabbitmq-diagnostics")
NODE_SIZE = {"cpu": "32", "memory": "128Gi", "ephemeral-storage": "500Gi", "pods": "110"}
PROGRAM = '#!/bin/sh\necho "${0##*/}" "$@"\n'


def write(folder: Path, port: int) -> Path:
    """Write the configuration that makes KWOK listening on `port` answer, and what it needs, into a folder."""
    (folder / "container.log").write_text(LOG)
    programs(folder).mkdir()
    for name in PROGRAMS:
        path = programs(folder) / name
        path.write_text(PROGRAM)
        path.chmod(0o755)
    log = {"logsFile": str(folder / "container.log")}
    answers = [
        _all("ClusterLogs", {"logs": [{**log, "previousLogsFile": log["logsFile"], "follow": False}]}),
        _all("ClusterAttach", {"attaches": [log]}),
        _all("ClusterExec", {"execs": [{"local": {}}]}),
        _all("ClusterPortForward", {"forwards": [{"target": {"address": "127.0.0.1", "port": port}}]}),
    ]
    path = folder / "kubelet.yaml"
    path.write_text("\n---\n".join(json.dumps(each) for each in answers))
    return path


def programs(folder: Path) -> Path:
    """The only folder on the path of commands in containers."""
    return folder / "programs"


def _all(kind: str, spec: Object) -> Object:
    """How every pod answers."""
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": kind, "metadata": {"name": "all"}, "spec": spec}


def node(zone: str, number: int) -> Object:
    """A node of a zone, which says where its usage is to be read."""
    name = f"node-{zone}{number}"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "topology.kubernetes.io/region": "region",
                "topology.kubernetes.io/zone": f"zone-{zone}",
            },
            "annotations": {"metrics.k8s.io/resource-metrics-path": f"/metrics/nodes/{name}/metrics/resource"},
        },
        "status": {"capacity": NODE_SIZE, "allocatable": NODE_SIZE},
    }
