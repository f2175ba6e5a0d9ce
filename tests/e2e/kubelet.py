"""What KWOK answers in a kubelet's place: logs, commands in containers, terminals and forwarded ports.

A pod is ready at once and a Job succeeds, except where the digest of an image begins with NEVER_READY or FAILING.
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
PROGRAMS = ("cat", "mysql", "mysqldump", "printenv", "redis-cli", "rabbitmq-diagnostics", "rabbitmqctl")
NODE_SIZE = {"cpu": "32", "memory": "128Gi", "ephemeral-storage": "500Gi", "pods": "110"}
# What the runbook pipes a line to reads that line: kubectl complains when a program ends before it. KWOK never passes
# on the end of an input, so nothing else may wait for one.
PROGRAM = """\
#!/bin/sh
case "$*" in "import_definitions" | "-u root -psecret") read -r _ ;; esac
echo "${0##*/}" "$@"
"""
# How the digest of an image begins whose pods are never ready, and of one with which Jobs fail.
NEVER_READY, FAILING = "dead", "fa11"


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
        _never_ready(),
        _failing_job(),
    ]
    path = folder / "kubelet.yaml"
    path.write_text("\n---\n".join(json.dumps(each) for each in answers))
    return path


def programs(folder: Path) -> Path:
    """The only folder on the path of commands in containers."""
    return folder / "programs"


def _never_ready() -> Object:
    return _stage("pod-never-ready", NEVER_READY, [("status.phase", "In", "Pending")], _NOT_READY)


def _failing_job() -> Object:
    # With this code, by its podFailurePolicy, a Job fails at once: nobody waits for its other attempts.
    owned = [("metadata.ownerReferences.[].kind", "In", "Job"), ("status.phase", "In", "Running")]
    return _stage("pod-of-a-job-fails", FAILING, owned, _FAILED)


def _stage(name: str, start: str, selected: list[tuple[str, str, str]], template: str) -> Object:
    """What pods with such an image do; a stage with a weight goes before all those without."""
    needed = [(f'spec.containers.[].image | test("@sha256:{start}")', "In", "true"), *selected]
    expressions = [{"key": f".{key}", "operator": operator, "values": [value]} for key, operator, value in needed]
    alive = {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"}
    spec = {
        "resourceRef": {"apiGroup": "v1", "kind": "Pod"},
        "weight": 1,
        "selector": {"matchExpressions": [alive, *expressions]},
        "next": {"statusTemplate": template},
    }
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": name}, "spec": spec}


_NOT_READY = """\
{{ $now := Now }}
phase: Running
startTime: {{ $now | Quote }}
conditions:
- {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}}
- {type: Ready, status: "False", lastTransitionTime: {{ $now | Quote }}}
- {type: ContainersReady, status: "False", lastTransitionTime: {{ $now | Quote }}}
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  name: {{ .name | Quote }}
  ready: false
  restartCount: 0
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}
"""
_FAILED = """\
{{ $now := Now }}
phase: Failed
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  name: {{ .name | Quote }}
  ready: false
  restartCount: 0
  state: {terminated: {exitCode: 127, reason: Error, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}
{{ end }}
"""


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
