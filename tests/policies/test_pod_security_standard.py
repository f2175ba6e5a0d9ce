"""The verdicts on pods are those of Kubernetes' own fixtures, in every kind of workload."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from promote.process import run
from tests.policies.defects import KINDS, workload
from tests.policies.evaluation import ROOT, Document, evaluate

LEVEL = Path("test", "testdata", "restricted", "v1.35")
RULES = {
    "allowprivilegeescalation": "privilege_escalation",
    "apparmorprofile": "apparmor",
    "capabilities_baseline": "capabilities",
    "capabilities_restricted": "capabilities",
    "hostnamespaces": "host_namespaces",
    "hostpathvolumes": "volume_types",
    "hostports": "host_ports",
    "hostprobesandhostlifecycle": "probe_hosts",
    "privileged": "privileged",
    "procmount": "proc_mount",
    "procmount_restricted": "proc_mount",
    "restrictedvolumes": "volume_types",
    "runasnonroot": "run_as_non_root",
    "runasuser": "run_as_user",
    "seccompprofile_baseline": "seccomp",
    "seccompprofile_restricted": "seccomp",
    "selinuxoptions": "selinux",
    "sysctls": "sysctls",
    "windowshostprocess": "host_process",
}

STANDARD = frozenset(f"workloads.{rule}" for rule in RULES.values())

pytestmark = pytest.mark.skipif(shutil.which("go") is None, reason="go fetches the fixtures")


@pytest.fixture(scope="module")
def fixtures() -> Path:
    """The folder of the fixtures, as pinned by tools/pod-security/go.sum."""
    command = ["go", "mod", "download", "-json", "k8s.io/pod-security-admission"]
    done = run(command, cwd=ROOT / "tools" / "pod-security")
    assert done.code == 0, done.text + done.error
    return Path(json.loads(done.stdout)["Dir"]) / LEVEL


def _workloads(folder: Path) -> list[Document]:
    """Each pod in each kind, and once more with its init containers as ephemeral ones."""
    wrapped = []
    for path in sorted(folder.glob("*.yaml")):
        pod = yaml.safe_load(path.read_text())
        moved = {key.replace("initC", "ephemeralC"): value for key, value in pod["spec"].items()}
        annotations = pod["metadata"].get("annotations")
        wrapped += [workload(kind, f"{path.stem}-{kind}", pod["spec"], annotations) for kind in KINDS]
        wrapped.append(workload("Pod", f"{path.stem}-moved", moved, annotations))
    return wrapped


def test_nothing_denies_what_the_standard_allows(fixtures: Path, tmp_path: Path) -> None:
    workloads = _workloads(fixtures / "pass")
    assert len(workloads) > 0
    assert evaluate(workloads, tmp_path, only=STANDARD).findings == ()


def test_the_rule_of_the_name_denies_what_the_standard_forbids(fixtures: Path, tmp_path: Path) -> None:
    workloads = _workloads(fixtures / "fail")
    report = evaluate(workloads, tmp_path, only=STANDARD)
    denied: dict[str, set[str]] = {}
    for finding in report.findings:
        denied.setdefault(finding.name, set()).add(finding.rule)
    checks = {name: re.sub(r"\d+-.*$", "", name) for name in (each["metadata"]["name"] for each in workloads)}
    assert set(checks.values()) == set(RULES)
    assert [name for name, check in checks.items() if f"workloads.{RULES[check]}" not in denied[name]] == []
