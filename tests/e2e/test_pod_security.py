"""Admission at the restricted Pod Security Standard and the policies of this repository agree, pod by pod."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from promote import rules
from tests.e2e.admission import LABEL, LATER, Judge
from tests.e2e.api import Object
from tests.e2e.cluster import Cluster
from tests.e2e.pods import generated
from tests.e2e.process import wait
from tests.manifests.render import name_of, overlay
from tests.policies.defects import workload
from tests.policies.evaluation import POLICIES, evaluate, rule_files
from tests.policies.test_pod_security_standard import STANDARD

# A pod alone in its template, and in the template of a template.
WRAPPED = ("Deployment", "CronJob")
[OURS] = {
    each["metadata"]["labels"][f"{LABEL}enforce-version"]
    for environment in ("staging", "production")
    for each in overlay(environment).kind("Namespace")
}


@pytest.fixture(scope="module")
def pods() -> list[Object]:
    return generated()


@pytest.fixture(scope="module")
def workloads(pods: list[Object]) -> list[Object]:
    """The pods in workloads, but for those whose ephemeral containers no template may have."""
    return [_wrapped(pod, kind) for kind in WRAPPED for pod in pods if not pod["spec"].get(LATER)]


def _wrapped(pod: Object, kind: str) -> Object:
    spec = {**pod["spec"], "restartPolicy": "Never" if kind == "CronJob" else "Always"}
    found = workload(kind, f"{kind}-{name_of(pod)}".lower(), spec, pod["metadata"].get("annotations"))
    if kind == "Deployment":
        found["spec"]["selector"] = {"matchLabels": {"app": "cart"}}
    return found


@pytest.fixture(scope="module")
def denied(
    pods: list[Object], workloads: list[Object], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """What the rules of the standard deny, by the name of the pod or workload."""
    read = rules.read({str(path): path.read_text(encoding="utf-8") for path in rule_files(POLICIES)})
    profile = frozenset(each.id for each in read if each.file and each.profile in {"baseline", "restricted"})
    assert profile >= STANDARD
    report = evaluate([*pods, *workloads], tmp_path_factory.mktemp("policies"), only=profile)
    assert report.documents == len(pods) + len(workloads)
    assert {each.rule for each in report.findings} >= STANDARD, "a field is looked at, but never generated"
    found: dict[str, list[str]] = {}
    for each in report.findings:
        found.setdefault(each.name, []).append(f"{each.rule}: {each.message}")
    return found


@pytest.fixture(scope="module", params=[OURS, "latest"])
def judge(request: pytest.FixtureRequest, cluster: Cluster, pods: list[Object]) -> Iterator[Judge]:
    """A namespace of its own that enforces the standard of a version, and holds the pods that have to be there."""
    name = f"pod-security-{uuid4().hex[:6]}"
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    cluster.api.create(made)
    wait(name, lambda: None if cluster.api.find("v1", "ServiceAccount", "default", name) else "none", seconds=30)
    found = Judge(cluster.api, name)
    invalid = found.admit(pods)
    pods[:] = [pod for pod in pods if name_of(pod) not in invalid]
    found.enforce(request.param)
    yield found
    cluster.api.delete(made)


def _assert_agreement(said: dict[str, str | None], denied: dict[str, list[str]]) -> None:
    refused = {name for name, reason in said.items() if reason}
    assert len(said) >= 500
    assert len(said) / 5 < len(refused) < len(said) * 4 / 5
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
