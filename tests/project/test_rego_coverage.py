"""The tests of the rules reach every line of them."""

from __future__ import annotations

import json

from tests.policies.evaluation import tool


def test_tests_cover_every_line() -> None:
    # Of its own, OPA gives a test five seconds, which is too short on a busy machine.
    done = tool("opa", "test", "--timeout", "2m", "--coverage", "--format", "json", "policies")
    covered = json.loads(done.stdout)
    gaps = {name: file["not_covered"] for name, file in covered["files"].items() if file.get("not_covered")}
    assert (done.code, gaps, covered["coverage"]) == (0, {}, 100)
