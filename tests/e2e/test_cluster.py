"""The harness itself: it listens on loopback alone, leaves no process behind, and keeps what a failure needs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.cluster import TOOLS, Cluster
from tests.e2e.process import StartFailed, wait
from tests.manifests.render import REPOSITORY
from tools.setup.go import requirements

PROGRAMS = {
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "metrics-server",
    "provisioner",
}
# No start or end takes so long, on any machine.
HUNG = 300
LISTENING = "0A"
LOOPBACK = ("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000")
TESTS = """
import time

def test_something(cluster):
    {}
"""


def _processes(folder: Path) -> dict[int, str]:
    """The processes that have anything to do with a folder, and their command lines; the dead have none."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if f"{folder}/e2e-" in command:
            found[int(path.parent.name)] = command
    return found


def _sockets(process: int) -> Iterator[str]:
    """The inodes of a process's sockets; none once it has ended, as a kubectl of another test may at any time."""
    with suppress(OSError):
        for path in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                target = str(path.readlink())
                if target.startswith("socket:["):
                    yield target[len("socket:[") : -1]


def test_everything_runs_and_listens_on_loopback_alone(cluster: Cluster) -> None:
    running = _processes(cluster.folder.parent)
    # It has no option for the address of its metrics. A test of Argo CD may run at the same time.
    running = {
        process: command for process, command in running.items() if "argocd-application-controller" not in command
    }
    assert {name for name in PROGRAMS if any(name in command for command in running.values())} == PROGRAMS
    ours = {inode for process in running for inode in _sockets(process)}
    rows = [row.split() for name in ("tcp", "tcp6") for row in Path("/proc/net", name).read_text().splitlines()[1:]]
    addresses = [row[1].partition(":")[0] for row in rows if row[3] == LISTENING and row[9] in ours]
    assert len(addresses) >= len(PROGRAMS)
    assert [each for each in addresses if each not in LOOPBACK] == []


@pytest.mark.parametrize(
    ("program", "module", "question"),
    [
        ("argocd", "github.com/argoproj/argo-cd/v3", ["version", "--client"]),
        ("etcd", "go.etcd.io/etcd/server/v3", ["--version"]),
        ("kube-apiserver", "k8s.io/kubernetes", ["--version"]),
        ("kube-controller-manager", "k8s.io/kubernetes", ["--version"]),
        ("kube-scheduler", "k8s.io/kubernetes", ["--version"]),
        ("kubectl", "k8s.io/kubernetes", ["version", "--client"]),
        ("kubeseal", "github.com/bitnami-labs/sealed-secrets", ["--version"]),
        ("kwok", "sigs.k8s.io/kwok", ["--version"]),
        ("prometheus", "github.com/prometheus/prometheus", ["--version"]),
        ("sealed-secrets-controller", "github.com/bitnami-labs/sealed-secrets", ["--version"]),
    ],
)
def test_every_program_says_its_pinned_version(program: str, module: str, question: list[str]) -> None:
    # Other programs need the same modules in other versions.
    texts = [file.read_text() for file in (REPOSITORY / "tools").rglob("go.mod")]
    built = re.compile(rf"^(?:tool )?\s*{re.escape(module)}(?:/\S+)?$", re.MULTILINE)
    [pinned] = {requirements(text)[module] for text in texts if built.search(text)}
    done = subprocess.run(
        [TOOLS / "bin" / program, *question], capture_output=True, text=True, timeout=HUNG, check=True
    )
    assert pinned.removeprefix("v") in done.stdout + done.stderr


def _run(folder: Path, body: str) -> subprocess.Popen[str]:
    """A test run of its own, with one test."""
    (folder / "test_one.py").write_text(TESTS.format(body))
    command = [sys.executable, "-m", "pytest", "-p", "tests.e2e.conftest", "-p", "no:cacheprovider"]
    return subprocess.Popen(
        [*command, "-c", REPOSITORY / "pyproject.toml", folder / "test_one.py"],
        cwd=REPOSITORY,
        env={**os.environ, "E2E_FOLDER": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place whose name has a space."""
    path = tmp_path / "a place"
    path.mkdir()
    return path


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_a_test_run_that_is_ended(folder: Path, how: signal.Signals) -> None:
    with _run(folder, f"open({str(folder / 'ready')!r}, 'w').close(); time.sleep(60)") as run:
        wait("the test runs", lambda: None if (folder / "ready").exists() else "not", seconds=60)
        assert len(_processes(folder)) == len(PROGRAMS)
        run.send_signal(how)
        output = run.communicate(timeout=HUNG)[0]
    wait("everything ends", lambda: str(_processes(folder)) if _processes(folder) else None, seconds=5)
    if how != signal.SIGKILL:
        assert "KeyboardInterrupt" in output
        assert list(folder.glob("e2e-*")) == []


def test_no_process_outlives_a_start_that_is_interrupted(folder: Path) -> None:
    with _run(folder, "pass") as run:
        wait("something runs", lambda: None if _processes(folder) else "nothing", seconds=30)
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=HUNG)
    assert _processes(folder) == {}


def test_a_failure_keeps_its_logs_and_says_where(folder: Path) -> None:
    with _run(folder, "assert False") as run:
        output = run.communicate(timeout=HUNG)[0]
    assert run.returncode == 1
    assert _processes(folder) == {}
    said = re.search(r"the folders e2e-\* in (.*?) have the logs", output)
    assert said is not None
    [left] = Path(said[1]).glob("e2e-*")
    kept = {path.name for path in left.iterdir()}
    assert kept >= {f"{name}.log" for name in PROGRAMS} | {"events.json", "pods.json"}


def _pretender(tools: Path, script: str) -> Path:
    """Tools whose etcd is a script."""
    (tools / "bin").mkdir(parents=True)
    (tools / "bin" / "etcd").write_text(f"#!/bin/sh\n{script}\n")
    (tools / "bin" / "etcd").chmod(0o755)
    return tools


def test_a_program_that_ends_at_once_is_reported_with_its_log(folder: Path) -> None:
    tools = _pretender(folder / "tools", "echo the disk is full; exit 3")
    with pytest.raises(StartFailed, match=r"(?s)etcd ended with 3; .*etcd\.log:\nthe disk is full"):
        Cluster(folder / "e2e-cluster", tools).__enter__()
    assert _processes(folder) == {}


def test_a_lost_port_is_chosen_again(folder: Path) -> None:
    tools = _pretender(folder / "tools", f"echo >> '{folder}/starts'; echo bind: address already in use; exit 1")
    with pytest.raises(StartFailed, match="address already in use"):
        Cluster(folder / "e2e-cluster", tools).__enter__()
    assert (folder / "starts").read_text() == "\n" * 3
