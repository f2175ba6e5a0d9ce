"""The steps of action.yml with the real command, in the checkout of a stranger's pull request."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.hostile.harness import TOKENS, Hostile
from tests.integration.tiny import DEPLOYMENT
from tests.unit.test_workflows import program, run_of_action

ORDERS = "\\n::error::pwned\\r\\n::stop-commands::x%0A::set-output name=a::b\\u0085##[error]y <img src=x> @team"
RULE = f"""\
package main

deny contains {{"msg": "bad{ORDERS}", "rule": "a.b"}} if input[_].contents.kind == "Deployment"
"""
NAME = "a%0A::error::pwned\n::warning file=x,line=1::y.yaml"


@pytest.mark.quick
@pytest.mark.parametrize(
    "base",
    ["origin/main", *(pytest.param(base, marks=pytest.mark.slow) for base in ("", "--output=json", "$(touch ran)"))],
)
def test_a_pull_request_gives_no_order_to_the_runner(hostile: Hostile, tmp_path: Path, base: str) -> None:
    hostile.git("checkout", "--quiet", "-b", "x;echo-%0A#$(id)")
    files = {f"base/{NAME}": DEPLOYMENT.format(name="odd").replace("app: odd", "app: 1"), "policies/main.rego": RULE}
    quoted = NAME.replace("\n", "\\n")
    hostile.commit({**files, "base/kustomization.yaml": f'resources: [web.yaml, "{quoted}"]\n'}, push=False)
    runner = tmp_path / "runner"
    summary = runner / "summary"
    program(runner / "promote/venv/bin/promote", f'exec {Path(sys.executable).with_name("promote")} "$@"')
    (runner / "workspace").symlink_to(hostile.root)
    env = {**hostile.env, **TOKENS, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = run_of_action("Check", runner, **{name: value for name, value in env.items() if name != "PATH"},
                         TARGETS="staging\nproduction\n", BASE=base)  # fmt: skip
    orders = [line for line in (done.stdout + done.stderr).splitlines() if line.lstrip().startswith(("::", "##["))]
    assert [
        line for line in orders if not line.startswith(("::error file=", "::error title=", "::warning title="))
    ] == []
    assert (done.returncode, bool(orders)) == ((2, False) if base[:1] in ("-", "$") else (3, True)), done
    shown = summary.read_text()
    assert [line for line in shown.splitlines() if line.startswith("::") or "<img" in line or " @team" in line] == []
    assert not (hostile.root / "ran").exists()
    written = shown + "".join(one.read_text() for one in (runner / "promote").glob("*") if one.is_file())
    assert [token for token in TOKENS.values() if token in written + done.stdout + done.stderr] == []
