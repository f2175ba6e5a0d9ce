"""The comparison of what other judges say with the tables that accept it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tools import second_judge
from tools.second_judge import JUDGES

PAGE = """
## checkov

| check | asks that | accepted because | objects |
|---|---|---|---|
| CKV_K8S_40 | a high uid | why, `not this` | `Job/migrate` `StatefulSet/redis` |

## kube-score

| check | asks that | accepted because | objects |
|---|---|---|---|
| pod-probes-identical | other probes | why | `Deployment/grafana` `Job/migrate` (staging) |

## trivy

| check | asks that | accepted because | objects |
|---|---|---|---|
| KSV-0020 | a high uid | why | `ConfigMap/redis` |
"""


def _checkov(*failed: tuple[str, str], passed: int = 1) -> dict[str, Any]:
    checks = [{"check_id": check, "resource": resource} for check, resource in failed]
    report = {"summary": {"passed": passed, "parsing_errors": 0}, "results": {"failed_checks": checks}}
    return {"production": report}


REDIS = ("CKV_K8S_40", "StatefulSet.mediq-production.redis")
MIGRATE = ("CKV_K8S_40", "Job.mediq-production.migrate-f622t5fbmf")


def _object(kind: str, name: str, *grades: tuple[str, int], skipped: bool = False) -> Any:
    checks = [{"check": {"id": each}, "grade": grade, "skipped": skipped} for each, grade in grades]
    return {"type_meta": {"kind": kind}, "object_meta": {"name": name}, "checks": checks}


PROBES = "pod-probes-identical"
GRAFANA = _object("Deployment", "grafana", (PROBES, 1), ("stable-version", 10))
MIGRATION = _object("Job", "migrate-f622t5fbmf", (PROBES, 5))


def _file(name: str, *failed: str, passed: int = 1) -> Any:
    found = [{"ID": each} for each in failed]
    return {"Target": f"{name}.yaml", "MisconfSummary": {"Successes": passed}, "Misconfigurations": found}


SETTINGS = _file("ConfigMap.redis-f622t5fbmf", "KSV-0020", "KSV-0039")


def test_what_the_tables_accept_is_no_difference() -> None:
    assert second_judge.differences("checkov", _checkov(REDIS, MIGRATE), PAGE) == []
    reports = {"staging": [GRAFANA, MIGRATION], "production": [GRAFANA]}
    assert second_judge.differences("kube-score", reports, PAGE) == []
    files = {"Results": [SETTINGS, _file("Service.redis")]}
    assert second_judge.differences("trivy", {"staging": files, "production": files}, PAGE) == []


def test_another_finding_and_a_stale_row_are_differences() -> None:
    other = ("CKV_K8S_20", "Deployment.mediq-production.api-gateway")
    assert second_judge.differences("checkov", _checkov(REDIS, other), PAGE) == [
        "CKV_K8S_20 Deployment/api-gateway (production): fix it, or accept it with a reason in second-judge.md",
        "CKV_K8S_40 Job/migrate (production): is no longer found, remove it from second-judge.md",
    ]


def test_what_is_accepted_in_one_environment_is_not_in_another() -> None:
    reports = {"staging": [GRAFANA], "production": [GRAFANA, MIGRATION]}
    assert second_judge.differences("kube-score", reports, PAGE) == [
        f"{PROBES} Job/migrate (production): fix it, or accept it with a reason in second-judge.md",
        f"{PROBES} Job/migrate (staging): is no longer found, remove it from second-judge.md",
    ]


def test_a_check_that_does_not_apply_is_no_finding() -> None:
    skipped = _object("Deployment", "other", (PROBES, 1), skipped=True)
    reports = {"staging": [GRAFANA, MIGRATION, skipped], "production": [GRAFANA]}
    assert second_judge.differences("kube-score", reports, PAGE) == []


@pytest.mark.parametrize(
    ("name", "reports"),
    [
        ("checkov", _checkov(REDIS, MIGRATE, passed=0)),
        ("kube-score", {"staging": [GRAFANA, MIGRATION], "production": []}),
        ("kube-score", {"staging": [GRAFANA], "production": [MIGRATION]}),
        ("trivy", {"staging": {"Results": [SETTINGS]}, "production": {"SchemaVersion": 2}}),
        ("trivy", {"staging": {"Results": [SETTINGS]}, "production": {"Results": [_file("Service.a", passed=0)]}}),
    ],
)
def test_a_report_of_nothing_is_an_error(name: str, reports: Any) -> None:
    (said,) = second_judge.differences(name, reports, PAGE)
    assert said.startswith(f"{name} ")
    assert " read " in said


@pytest.mark.parametrize(
    ("name", "check"), [("checkov", r"CKV\w+"), ("kube-score", r"[a-z]+-[a-z-]+"), ("trivy", r"KSV-\d+")]
)
def test_the_page_accepts_something_for_each_check(name: str, check: str) -> None:
    page = second_judge.PAGE.read_text(encoding="utf-8")
    found = second_judge.accepted(page, name)
    assert {each for each, _, _ in found} == set(re.findall(rf"^\| ({check}) \|", page, re.MULTILINE))
    assert {environment for _, _, environment in found} == set(JUDGES[name].environments)
