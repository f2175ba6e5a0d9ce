"""Admission at the restricted Pod Security Standard and the policies of this repository agree, pod by pod."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.e2e.admission import LABEL, LATER, Judge
from tests.e2e.api import Object
from tests.e2e.cluster import Cluster
from tests.e2e.pods import generated
from tests.e2e.process import wait
from tests.manifests.render import ENVIRONMENTS, name_of, overlay
from tests.policies.defects import workload
from tests.policies.evaluation import evaluate
from tests.policies.pod_security import STANDARD, VERSIONS, profile

# A pod alone in its template, and in the template of a template.
WRAPPED = ("Deployment", "CronJob")
EVERY = 5
# What some versions of the standards do not look at yet.
SINCE = {"workloads.probe_hosts": 34, "workloads.proc_mount_in_user_namespace": 35}
[OURS] = {
    each["metadata"]["labels"][f"{LABEL}enforce-version"]
    for environment in ENVIRONMENTS
    for each in overlay(environment).kind("Namespace")
}
# As our namespaces enforce it, as the newest and the oldest that the rules know, and the weaker one.
STANDARDS = [("restricted", OURS), ("restricted", "latest"), ("restricted", f"v{VERSIONS[0]}"), ("baseline", OURS)]


@pytest.fixture(scope="module")
def pods() -> list[Object]:
    return generated()


@pytest.fixture(scope="module")
def workloads(pods: list[Object]) -> list[Object]:
    """Some of the pods in workloads, of those without ephemeral containers, which no template may have."""
    fit = [pod for pod in pods if not pod["spec"].get(LATER)]
    return [_wrapped(pod, kind) for kind in WRAPPED for pod in fit[::EVERY]]


def _wrapped(pod: Object, kind: str) -> Object:
    spec = {**pod["spec"], "restartPolicy": "Never" if kind == "CronJob" else "Always"}
    found = workload(kind, f"{kind}-{name_of(pod)}".lower(), spec, pod["metadata"].get("annotations"))
    if kind == "Deployment":
        found["spec"]["selector"] = {"matchLabels": {"app": "cart"}}
    return found


@pytest.fixture(scope="module", params=STANDARDS, ids=" ".join)
def standard(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A level, and the version as of which it is enforced."""
    found: tuple[str, str] = request.param
    return found


@pytest.fixture(scope="module")
def denied(
    standard: tuple[str, str],
    cluster: Cluster,
    pods: list[Object],
    workloads: list[Object],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, list[str]]:
    """What the rules of the standard deny, by the name of the pod or workload."""
    level, version = standard
    folder = tmp_path_factory.mktemp("policies")
    target = folder / "target.json"
    target.write_text(json.dumps({"target": {"kubernetes": _minor(cluster, version), "tables": []}}))
    report = evaluate([*pods, *workloads], folder, data=target, only=profile(level))
    assert report.documents == len(pods) + len(workloads)
    found: dict[str, list[str]] = {}
    for each in report.findings:
        found.setdefault(each.name, []).append(f"{each.rule}: {each.message}")
    return found


def _minor(cluster: Cluster, version: str) -> str:
    """The version of Kubernetes that a namespace names."""
    if version != "latest":
        return version.removeprefix("v")
    said = cluster.api.request("GET", "/version").content
    return f"{said['major']}.{said['minor']}"


@pytest.fixture(scope="module")
def lenient(cluster: Cluster, pods: list[Object]) -> Iterator[Judge]:
    """A namespace of its own that holds the pods that have to be there, and enforces nothing yet."""
    name = f"pod-security-{uuid4().hex[:6]}"
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    cluster.api.create(made)
    wait(name, lambda: None if cluster.api.find("v1", "ServiceAccount", "default", name) else "none", seconds=30)
    found = Judge(cluster.api, name)
    found.admit(pods)
    yield found
    cluster.api.delete(made)


@pytest.fixture(scope="module")
def judge(standard: tuple[str, str], lenient: Judge) -> Judge:
    """The namespace, which enforces the standard."""
    lenient.enforce(*standard)
    return lenient


def _assert_agreement(said: dict[str, str | None], denied: dict[str, list[str]]) -> None:
    refused = {name for name, reason in said.items() if reason}
    assert len(said) >= 200
    assert len(said) / 8 < len(refused) < len(said) * 7 / 8
    too_lax = {name: said[name] for name in refused - denied.keys()}
    too_strict = {name: denied[name] for name in (said.keys() - refused) & denied.keys()}
    assert (too_lax, too_strict) == ({}, {})


def test_the_policies_deny_what_the_api_server_rejects(
    judge: Judge, pods: list[Object], denied: dict[str, list[str]]
) -> None:
    _assert_agreement(judge.verdicts(pods), denied)


def test_the_policies_deny_what_the_api_server_warns_of(
    judge: Judge, workloads: list[Object], denied: dict[str, list[str]]
) -> None:
    _assert_agreement(judge.warnings(workloads), denied)


def test_every_rule_of_the_standard_is_broken(
    standard: tuple[str, str], cluster: Cluster, denied: dict[str, list[str]]
) -> None:
    level, version = standard
    minor = int(_minor(cluster, version).partition(".")[2])
    broken = {said.partition(":")[0] for each in denied.values() for said in each}
    assert broken == {rule for rule in STANDARD & profile(level) if SINCE.get(rule, 0) <= minor}
