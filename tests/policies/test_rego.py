"""The Rego itself: its tests pass and cover it, and it is formatted, strict and free of lint."""

from __future__ import annotations

import json

import pytest

from tests.policies.evaluation import tool


@pytest.mark.slow
def test_verify_passes_and_runs_something() -> None:
    done = tool("conftest", "verify", "-o", "json", "--no-color")
    files = json.loads(done.stdout)
    assert (done.code, [file["failures"] for file in files if file.get("failures")]) == (0, [])
    assert sum(file["successes"] for file in files) > 0


@pytest.mark.thorough  # `make lint` asks as well
def test_rego_is_formatted() -> None:
    assert tool("opa", "fmt", "--list", "policies").text == ""


@pytest.mark.thorough  # `make lint` asks as well
def test_rego_is_strict() -> None:
    done = tool("opa", "check", "--strict", "policies")
    assert (done.code, done.error) == (0, "")


@pytest.mark.thorough  # `make lint` asks as well
def test_rego_has_no_lint() -> None:
    done = tool("regal", "lint", "--no-color", "--format", "compact", "policies")
    assert done.code == 0, done.text
