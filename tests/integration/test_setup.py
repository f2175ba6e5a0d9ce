from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.setting_up import copy_checkout, pretend_done, run, start
from tools.setup.go import installed_go, requirements
from tools.setup.programs import programs as built
from tools.setup.work import Step

pytestmark = pytest.mark.quick

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "http://127.0.0.1:9"
SCHEMAS = ".tools/schemas/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
APPLICATION = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: mediq-staging, namespace: argocd, finalizers: [resources-finalizer.argocd.argoproj.io]}
spec:
  project: mediq
  source: {repoURL: https://git.example/mediq.git, targetRevision: main, path: overlays/staging}
  destination: {name: in-cluster, namespace: mediq-staging}
  syncPolicy: {automated: {prune: true, selfHeal: true}}
"""
KUSTOMIZATION = """
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: mediq-staging, namespace: flux-system}
spec: {interval: 10m, path: ./overlays/staging, prune: true, sourceRef: {kind: GitRepository, name: mediq}}
"""
# Plays Go: says a version, and builds programs that are empty files after WAIT seconds.
FAKE_GO = """#!/bin/sh
case "$1" in
  version) echo go version go1.26.8 linux/amd64; exit ;;
  env) echo "$GOFLAGS"; exit ;;
esac
echo "$GOFLAGS" > "$BUILDS.flags"
echo "$PWD" >> "$BUILDS"
while [ "$1" != -o ]; do shift; done
touch "$2/half"
sleep "$WAIT"
for name in conftest helm kubeconform kustomize opa regal actionlint promtool amtool; do touch "$2/$name"; done
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What setup reads, in a folder of its own whose name has a space."""
    return copy_checkout(tmp_path / "a checkout")


@pytest.fixture
def fake_go(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "go").write_text(FAKE_GO)
    (folder / "go").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "BUILDS": str(tmp_path / "builds"), "WAIT": "0"}


def builds(step: Step) -> bool:
    return ".tools/bin" in step.does


def all_but_builds(step: Step) -> bool:
    return not builds(step)


def wait_for(path: Path, pattern: str) -> None:
    deadline = time.monotonic() + 20
    while not list(path.glob(pattern)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_second_run_does_nothing(checkout: Path) -> None:
    pretend_done(checkout, lambda _: True)
    assert run(checkout, "test", {"PATH": "/nonexistent"}) == (0, "setup: ready\n")
    assert not (checkout / ".tools" / "lock").exists()


@pytest.mark.thorough
def test_a_package_that_cannot_be_downloaded_leaves_no_environment(checkout: Path) -> None:
    broken = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": "",
        "PIP_INDEX_URL": f"http://user:hunter2@{NOWHERE.removeprefix('http://')}/simple",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
    }
    (checkout / "tools" / "requirements.txt").write_text(f"click==8.5.1 --hash=sha256:{'0' * 64}\n")
    code, output = run(checkout, "promote", broken)
    assert code == 1
    assert "could not install the Python packages of tools/requirements.txt" in output
    assert "No matching distribution found for click==8.5.1" in output
    assert "hunter2" not in output
    assert not (checkout / ".venv").exists()
    assert [entry.name for entry in (checkout / ".tools").iterdir()] == ["lock"]


@pytest.mark.slow
def test_a_program_that_cannot_be_downloaded_leaves_nothing(checkout: Path, tmp_path: Path) -> None:
    pretend_done(checkout, all_but_builds)
    go = installed_go() or ROOT / ".tools" / "go" / "go" / "bin" / "go"
    broken = {
        "GOFLAGS": "-modcacherw",
        "GOMODCACHE": str(tmp_path / "empty"),
        "GOPROXY": NOWHERE,
        "PATH": f"{go.parent}:{os.environ['PATH']}",
    }
    code, output = run(checkout, "promote", broken)
    assert code == 1
    assert "could not build conftest, kubeconform and kustomize (tools/promote-tools)" in output
    assert "connection refused" in output
    assert sorted(entry.name for entry in (checkout / ".tools").iterdir()) == ["lock", "nca", "schemas"]


@pytest.mark.slow
def test_a_killed_run_is_repaired_by_the_next(checkout: Path, fake_go: dict[str, str]) -> None:
    pretend_done(checkout, all_but_builds)
    with start(checkout, "promote", fake_go | {"WAIT": "1"}) as killed:
        wait_for(checkout / ".tools", "building-*/half")
        killed.send_signal(signal.SIGKILL)
    assert not (checkout / ".tools" / "bin").exists()
    code, output = run(checkout, "promote", fake_go)
    assert (code, output.splitlines()[0]) == (0, "waiting for another setup of this checkout to end")
    assert sorted(entry.name for entry in (checkout / ".tools").iterdir()) == ["bin", "lock", "nca", "schemas"]
    assert run(checkout, "promote", fake_go) == (0, "setup: ready\n")


@pytest.mark.slow
def test_flags_of_the_environment_cannot_change_what_is_built(checkout: Path, fake_go: dict[str, str]) -> None:
    pretend_done(checkout, all_but_builds)
    unlocking = {"GOFLAGS": "-mod=mod -modcacherw -modfile=/nonexistent/go.mod --overlay=/nonexistent.json"}
    assert run(checkout, "promote", fake_go | unlocking)[0] == 0
    assert Path(f"{fake_go['BUILDS']}.flags").read_text() == "-modcacherw -mod=readonly\n"


@pytest.mark.slow
def test_two_runs_at_once_do_each_step_once(checkout: Path, fake_go: dict[str, str]) -> None:
    pretend_done(checkout, all_but_builds)
    slow = fake_go | {"WAIT": "0.3"}
    with start(checkout, "test", slow) as one, start(checkout, "test", slow) as other:
        outputs = [process.communicate(timeout=60)[0] for process in (one, other)]
    assert (one.returncode, other.returncode) == (0, 0)
    assert all(output.endswith("setup: ready\n") for output in outputs)
    builds = Path(fake_go["BUILDS"]).read_text().splitlines()
    assert [Path(build).name for build in builds] == [
        "promote-tools",
        "helm-tools",
        "test-tools",
        "prometheus-tools",
        "alertmanager-tools",
    ]


def kubeconform(document: str) -> tuple[int, str]:
    checked = subprocess.run(
        [ROOT / ".tools" / "bin" / "kubeconform", "-strict", "-schema-location", SCHEMAS],
        cwd=ROOT,
        input=document,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return checked.returncode, checked.stdout + checked.stderr


@pytest.mark.parametrize("document", [APPLICATION, KUSTOMIZATION], ids=["argocd", "flux"])
def test_what_a_sync_engine_reads_is_validated(document: str) -> None:
    assert kubeconform(document) == (0, "")
    code, output = kubeconform(document.replace("prune:", "prun:"))
    assert code == 1
    assert "additional properties 'prun' not allowed" in output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "question"),
    [
        ("kustomize", "version"),
        ("kubeconform", "-v"),
        ("conftest", "--version"),
        ("opa", "version"),
        ("regal", "version"),
        ("actionlint", "-version"),
        ("promtool", "--version"),
        ("amtool", "--version"),
    ],
)
def test_every_program_says_its_pinned_version(program: str, question: str) -> None:
    of = {"promtool": "prometheus/prometheus", "amtool": "prometheus/alertmanager"}.get(program, program)
    [pinned] = {
        version
        for go_mod in (file.read_text() for file in (ROOT / "tools").glob("*-tools/go.mod"))
        for module, version in requirements(go_mod).items()
        if program in built(go_mod) and re.search(rf"/{of}(/v\d+)?$", module)
    }
    path = ROOT / ".tools" / "bin" / program
    said = subprocess.run([path, question], capture_output=True, text=True, timeout=30, check=True).stdout
    assert pinned.removeprefix("v") in said
