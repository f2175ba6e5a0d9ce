"""Compares the rules with Kubernetes' own fixtures of the Pod Security Standards; `make pod-security` runs it.

The fixtures are pods that a standard of a version allows or, by the check of their name, forbids. Each is judged as
it is and in every kind of workload, by the rules of that standard alone, as of that version.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from promote.checks import rules
from tests.policies.defects import KINDS, workload
from tests.policies.evaluation import POLICIES, ROOT, Document, evaluate, rule_files
from tools.setup.go import download_modules
from tools.setup.work import SetupFailed, Workplace

FIXTURES = "k8s.io/pod-security-admission"
LEVELS = ("baseline", "restricted")
VERSIONS = tuple(f"1.{minor}" for minor in range(25, 38))
# Which rules may deny what a check forbids; where `restricted` asks for more than `baseline`, it is one of two.
CHECKS = {
    "allowprivilegeescalation": {"privilege_escalation"},
    "apparmorprofile": {"apparmor"},
    "capabilities_baseline": {"added_capabilities"},
    "capabilities_restricted": {"added_capabilities", "capabilities"},
    "hostnamespaces": {"host_namespaces"},
    "hostpathvolumes": {"host_path"},
    "hostports": {"host_ports"},
    "hostprobesandhostlifecycle": {"probe_hosts"},
    "privileged": {"privileged"},
    "procmount": {"proc_mount"},
    "procmount_restricted": {"proc_mount", "proc_mount_in_user_namespace"},
    "restrictedvolumes": {"host_path", "volume_types"},
    "runasnonroot": {"run_as_non_root"},
    "runasuser": {"run_as_user"},
    "seccompprofile_baseline": {"seccomp_unconfined"},
    "seccompprofile_restricted": {"seccomp", "seccomp_unconfined"},
    "selinuxoptions": {"selinux"},
    "sysctls": {"sysctls"},
    "windowshostprocess": {"host_process"},
}
STANDARD = frozenset(f"workloads.{rule}" for names in CHECKS.values() for rule in names)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many workloads a standard of a version was asked about, and those of which the rules say something else."""

    version: str
    level: str
    allowed: int
    forbidden: int
    disagreeing: tuple[str, ...]


def fixtures() -> Path:
    """The folder of the fixtures, as pinned by tools/pod-security/go.sum."""
    try:
        found = download_modules(Workplace(ROOT, lock=0), "pod-security", [FIXTURES])
    except SetupFailed as error:
        sys.exit(f"the fixtures cannot be fetched: {error}")
    return found[FIXTURES] / "test" / "testdata"


def compare(folder: Path, version: str, level: str, into: Path) -> Agreement:
    """Judge every fixture of `version` and `level` in every kind; `into` is a directory to write to."""
    files = folder / level / f"v{version}"
    allowed = [each for path in sorted((files / "pass").glob("*.yaml")) for each in _workloads(path)]
    forbidden = [each for path in sorted((files / "fail").glob("*.yaml")) for each in _workloads(path)]
    tables = into / "target.json"
    tables.write_text(json.dumps({"target": {"kubernetes": version, "tables": []}}))
    denied: dict[str, set[str]] = {}
    for finding in evaluate([*allowed, *forbidden], into, data=tables, only=profile(level)).findings:
        denied.setdefault(finding.name, set()).add(finding.rule)
    wrong = [f"{name}: denied by {denied[name]}" for name in map(_name, allowed) if name in denied]
    wrong += [f"{name}: allowed" for name in map(_name, forbidden) if not denied.get(name, set()) & _expected(name)]
    return Agreement(version, level, len(allowed), len(forbidden), tuple(wrong))


def checks_of(folder: Path, version: str, level: str) -> set[str]:
    """The checks that a standard of a version has a forbidden pod for."""
    return {_check(path.stem) for path in (folder / level / f"v{version}" / "fail").glob("*.yaml")}


def _workloads(path: Path) -> Iterator[Document]:
    """A pod in each kind, and once more with its init containers as ephemeral ones."""
    pod = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 it is safe
    verdict = path.parent.name
    annotations = pod["metadata"].get("annotations")
    for kind in KINDS:
        yield workload(kind, f"{path.stem}-{verdict}-{kind}", pod["spec"], annotations)
    moved = {key.replace("initC", "ephemeralC"): value for key, value in pod["spec"].items()}
    yield workload("Pod", f"{path.stem}-{verdict}-moved", moved, annotations)


def _name(document: Document) -> str:
    name: str = document["metadata"]["name"]
    return name


def _check(name: str) -> str:
    return re.sub(r"\d+(-.*)?$", "", name)


def _expected(name: str) -> set[str]:
    return {f"workloads.{rule}" for rule in CHECKS[_check(name)]}


def profile(level: str) -> frozenset[str]:
    """The rules of a standard."""
    return rules.select({str(path): path.read_text() for path in rule_files(POLICIES)}, level).ids


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare all versions, or those given, print how far the rules agree, and return 1 where they do not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("versions", nargs="*", metavar="VERSION", help=f"{VERSIONS[0]} to {VERSIONS[-1]} (all)")
    versions = parser.parse_args(arguments).versions or VERSIONS
    folder = fixtures()
    with tempfile.TemporaryDirectory(prefix="pod-security-") as name, ThreadPoolExecutor(2) as pool:
        places = {(version, level): Path(name) / f"{version}-{level}" for version in versions for level in LEVELS}
        for place in places.values():
            place.mkdir()
        found = list(pool.map(lambda one: compare(folder, one[0][0], one[0][1], one[1]), places.items()))
    for one in found:
        seen, agreeing = one.allowed + one.forbidden, one.allowed + one.forbidden - len(one.disagreeing)
        asked = f"{one.allowed:4} allowed {one.forbidden:4} forbidden"
        print(
            "\n    ".join([f"v{one.version} {one.level:10} {asked} {agreeing:5} of {seen} agree", *one.disagreeing])
        )
    total, wrong = sum(one.allowed + one.forbidden for one in found), sum(len(one.disagreeing) for one in found)
    print(f"{total - wrong} of {total} agree: {100 * (total - wrong) / total:.2f} %")
    return int(wrong > 0 or total == 0)


if __name__ == "__main__":
    raise SystemExit(main())
