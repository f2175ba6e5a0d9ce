"""The verdicts on pods are those of Kubernetes' own fixtures, in every kind of workload.

A sample: the newest version; `make pod-security` has all.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.policies import pod_security
from tests.policies.pod_security import CHECKS, LEVELS, STANDARD, VERSIONS

__all__ = ["STANDARD"]

SAMPLE = VERSIONS[-1:]

pytestmark = pytest.mark.skipif(shutil.which("go") is None, reason="go fetches the fixtures")


@pytest.fixture(scope="module")
def fixtures() -> Path:
    return pod_security.fixtures()


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("version", SAMPLE)
def test_the_rules_agree_with_the_fixtures(fixtures: Path, version: str, level: str, tmp_path: Path) -> None:
    found = pod_security.compare(fixtures, version, level, tmp_path)
    assert found.disagreeing == ()
    assert min(found.allowed, found.forbidden) > 0


def test_every_version_of_the_fixtures_is_compared(fixtures: Path) -> None:
    there = {path.name.removeprefix("v") for path in (fixtures / "restricted").iterdir()}
    assert {version for version in there if int(version.split(".")[1]) >= 25} == set(VERSIONS)


def test_every_check_has_its_rules(fixtures: Path) -> None:
    checks = {check for level in LEVELS for check in pod_security.checks_of(fixtures, VERSIONS[-1], level)}
    assert checks == set(CHECKS)
