from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.setup.programs import E2E_MODULES, programs_step

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
CHECK = ROOT / ".github" / "workflows" / "check.yaml"
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in load(path)["jobs"].values() for step in job["steps"]]


def test_the_workflows_are_found() -> None:
    assert [path.stem for path in WORKFLOWS] == ["check", "nightly", "promote"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_commit(path: Path) -> None:
    uses = [line.strip(" -") for line in path.read_text().splitlines() if "uses:" in line]
    assert len(uses) == sum("uses" in step for step in steps(path))
    assert [line for line in uses if not PINNED.fullmatch(line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_expression_reaches_a_shell(path: Path) -> None:
    assert [step["run"] for step in steps(path) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_job_asks_for_its_own_permissions_and_ends(path: Path) -> None:
    workflow = load(path)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"]
        assert job["timeout-minutes"] <= (150 if path.stem == "nightly" else 45)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_checkout_leaves_a_token_behind(path: Path) -> None:
    checkouts = [step["with"] for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts == [{"fetch-depth": 0, "persist-credentials": False}] * len(load(path)["jobs"])


def test_only_the_promotion_may_write_and_no_more_than_it_needs() -> None:
    permissions = {name: job["permissions"] for path in WORKFLOWS for name, job in load(path)["jobs"].items()}
    assert permissions == {
        "check": {"contents": "read"},
        "e2e": {"contents": "read"},
        "thorough": {"contents": "read"},
        "promote": {"contents": "write", "pull-requests": "write"},
    }


def test_promotions_of_one_edge_run_one_after_the_other() -> None:
    promote = load(ROOT / ".github" / "workflows" / "promote.yaml")
    assert promote["concurrency"] == {
        "group": "promote-${{ inputs.from }}-${{ inputs.to }}",
        "cancel-in-progress": False,
    }
    assert promote["jobs"]["promote"]["environment"] == "${{ inputs.to }}"


@pytest.mark.parametrize("module", ["promote-tools", *E2E_MODULES])
def test_each_tool_of_the_control_plane_is_kept_until_its_lock_changes(module: str) -> None:
    step = programs_step(ROOT, module, "")
    files = [str(path.relative_to(ROOT)) for path in (step.stamp, *step.results)]
    kept = [each["with"] for each in steps(CHECK) if each.get("uses", "").startswith("actions/cache@")]
    [found] = [each for each in kept if f"hashFiles('tools/{module}/go.mod', 'tools/{module}/go.sum')" in each["key"]]
    assert sorted(found["path"].split()) == sorted(files)


def test_every_lock_that_can_be_tidied_is_kept_up_to_date() -> None:
    updates = load(ROOT / ".github" / "dependabot.yml")["updates"]
    modules = next(update for update in updates if update["package-ecosystem"] == "gomod")["directories"]
    tidied = {f"/tools/{file.parent.name}" for file in (ROOT / "tools").glob("*-tools/go.mod")}
    # Not kubernetes: its replacements have to move with it.
    tidied |= {f"/tools/e2e/{name}" for name in ("etcd", "kwok", "sealed-secrets")}
    assert set(modules) == tidied
