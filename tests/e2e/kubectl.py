"""Runs kubectl as its users do, by commands in a shell."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

from tests.e2e.cluster import Cluster
from tests.e2e.process import THRIFT
from tests.manifests.render import REPOSITORY


class Said(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    output: str
    complaints: str


def settings(cluster: Cluster, variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of somebody who works with this cluster; an editor saves what it is given as it is."""
    path = f"{cluster.program('kubectl').parent}:{os.environ['PATH']}"
    own = {"KUBECONFIG": str(cluster.kubeconfig), "PATH": path, "KUBE_EDITOR": "true"}
    return {**os.environ, **THRIFT, **own, **variables}


def shell(cluster: Cluster, command: str, variables: Mapping[str, str] | None = None, *, seconds: float = 60) -> Said:
    """Run a command to its end, with nothing to read."""
    done = subprocess.run(
        ["bash", "-euc", command],
        cwd=REPOSITORY,
        env=settings(cluster, variables or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)
