"""The comparison of checkov's findings with the table that accepts them."""

from __future__ import annotations

import re
from typing import Any

from tools import second_judge

PAGE = "| check | objects |\n|---|---|\n| CKV_K8S_40 | a high uid | why | `Job/migrate` `StatefulSet/redis` |\n"


def _report(*failed: tuple[str, str], passed: int = 1) -> Any:
    checks = [{"check_id": check, "resource": resource} for check, resource in failed]
    return {"summary": {"passed": passed, "parsing_errors": 0}, "results": {"failed_checks": checks}}


REDIS = ("CKV_K8S_40", "StatefulSet.mediq-production.redis")
MIGRATE = ("CKV_K8S_40", "Job.mediq-production.migrate-f622t5fbmf")


def test_what_the_table_accepts_is_no_difference() -> None:
    assert second_judge.differences(_report(REDIS, MIGRATE), PAGE) == []


def test_another_finding_and_a_stale_row_are_differences() -> None:
    other = ("CKV_K8S_20", "Deployment.mediq-production.api-gateway")
    assert second_judge.differences(_report(REDIS, other), PAGE) == [
        "CKV_K8S_20 Deployment/api-gateway: fix it, or accept it with a reason in second-judge.md",
        "CKV_K8S_40 Job/migrate: is no longer found, remove it from second-judge.md",
    ]


def test_a_report_of_nothing_is_an_error() -> None:
    assert second_judge.differences(_report(REDIS, MIGRATE, passed=0), PAGE) != []


def test_the_page_accepts_something_for_each_check() -> None:
    page = second_judge.PAGE.read_text(encoding="utf-8")
    assert {check for check, _ in second_judge.accepted(page)} == set(re.findall(r"^\| (CKV\w+)", page, re.MULTILINE))
