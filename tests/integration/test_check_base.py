"""`promote check --base`: what a branch makes of the findings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promote.commands import check
from promote.errors import UsageError
from tests.integration.checking import Checked, Repository, view
from tests.integration.sandbox import Clone

READ_ONLY = "readOnlyRootFilesystem: true"
WRITABLE = "readOnlyRootFilesystem: false"
ESCALATES = ("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")


@pytest.fixture
def branch(tmp_path: Path, surroundings: dict[str, str]) -> tuple[Repository, Clone]:
    """On `main` a root filesystem is writable; the branch that is checked out has changed nothing yet."""
    repository = Repository.small(tmp_path / "small")
    repository.keep_policies("workloads", "pod_security")
    repository.append("promote.yaml", 'kubernetes: ["1.36"]\n')  # one will do, and each takes its time
    repository.edit("cart.yaml", READ_ONLY, WRITABLE)
    clone = Clone(repository.folder, surroundings)
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.commit()
    clone.git("switch", "--quiet", "--create", "change")
    return repository, clone


def compare(repository: Repository, *only: str, base: str = "main", fail_on: str = "all") -> Checked:
    options = check.Options(only=only, base=base, fail_on="new" if fail_on == "new" else "all")
    return repository.ask(options)


def statuses(found: Checked) -> dict[str, str]:
    return {one["rule"]: one["status"] for one in found.json["findings"]}


def test_new_old_and_fixed(branch: tuple[Repository, Clone]) -> None:
    repository, clone = branch
    before = clone.git("rev-parse", "main")
    # Others go on with `main`: what they did is neither new nor fixed here.
    clone.git("switch", "--quiet", "main")
    repository.edit("cart.yaml", WRITABLE, READ_ONLY)
    clone.commit()
    clone.git("switch", "--quiet", "change")
    # Not committed, and moved by a line.
    repository.edit("cart.yaml", *ESCALATES)
    repository.edit("cart.yaml", "    spec:\n", "    # a comment\n    spec:\n")
    found = compare(repository)
    assert statuses(found) == {"workloads.privilege_escalation": "new", "workloads.read_only_root": "old"}
    assert found.json["base"] == {"commit": before, "note": ""}
    assert (found.json["fixed"], found.code) == ([], 3)
    assert found.json["summary"] == {"deny": 2, "warn": 0, "waived": 0, "new": 1, "old": 1, "fixed": 0}
    repository.edit("cart.yaml", WRITABLE, READ_ONLY)
    repository.edit("cart.yaml", *reversed(ESCALATES))
    found = compare(repository)
    assert [one["rule"] for one in found.json["fixed"]] == ["workloads.read_only_root"]
    assert (found.json["findings"], found.code) == ([], 0)


def test_an_empty_base_is_none(branch: tuple[Repository, Clone]) -> None:
    repository, _ = branch
    found = compare(repository, base="")  # a script passes a variable that is not set
    assert found.code == 3
    assert "base" not in found.json


def test_every_output_says_what_is_new(branch: tuple[Repository, Clone]) -> None:
    repository, _ = branch
    repository.edit("cart.yaml", *ESCALATES)
    result = compare(repository).result
    text = result.text
    assert any(line.startswith("DENY  workloads.privilege_escalation") and line.endswith("  (new)") for line in text)
    assert any(line.startswith("since ") and line.endswith(": 1 new, 1 old, 0 fixed") for line in text)
    assert any("title=workloads.read_only_root (old)::" in line for line in view(result, "github"))
    assert any(line.startswith("| new deny | workloads.priv") for line in view(result, "markdown"))
    (run,) = json.loads("\n".join(view(result, "sarif")))["runs"]
    assert [one["baselineState"] for one in run["results"]] == ["new", "unchanged"]
    repository.edit("cart.yaml", WRITABLE, READ_ONLY)
    result = compare(repository).result
    assert "FIXED workloads.read_only_root" in result.text
    assert any(line.startswith("| fixed | workloads.read") for line in view(result, "markdown"))
    (run,) = json.loads("\n".join(view(result, "sarif")))["runs"]
    assert [one["baselineState"] for one in run["results"]] == ["new", "absent"]


def test_only_what_is_new_can_be_made_to_fail(branch: tuple[Repository, Clone]) -> None:
    repository, _ = branch
    forgiving = compare(repository, fail_on="new")
    assert (statuses(forgiving), forgiving.code) == ({"workloads.read_only_root": "old"}, 0)
    assert "<failure" not in "\n".join(view(forgiving.result, "junit"))
    repository.edit("cart.yaml", *ESCALATES)
    assert compare(repository, fail_on="new").code == 3
    assert compare(repository, "workloads.read_only_root", fail_on="new").code == 0


def test_a_rule_that_the_change_brings_finds_new_faults(branch: tuple[Repository, Clone]) -> None:
    repository, _ = branch
    rule = (repository.folder / "policies/workloads/read_only_root.rego").read_text()
    repository.write("policies/workloads/writable.rego", rule.replace("read_only_root", "writable"))
    assert statuses(compare(repository)) == {"workloads.read_only_root": "old", "workloads.writable": "new"}


@pytest.mark.thorough
def test_a_target_that_the_base_does_not_have_is_all_new(branch: tuple[Repository, Clone]) -> None:
    repository, _ = branch
    repository.write(
        "more/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec: {containers: []}\n"
    )
    found = repository.ask(check.Options(("more",), base="main"))
    assert set(statuses(found).values()) == {"new"}


def test_an_environment_that_has_moved_is_still_itself(branch: tuple[Repository, Clone]) -> None:
    repository, _ = branch
    (repository.folder / "moved").mkdir()
    for name in ("kustomization.yaml", "cart.yaml", "policies.yaml"):
        (repository.folder / name).rename(repository.folder / "moved" / name)
    repository.edit("promote.yaml", "path: .", "path: moved")
    assert statuses(compare(repository)) == {"workloads.read_only_root": "old"}


def test_a_base_that_cannot_be_judged_makes_all_new(branch: tuple[Repository, Clone]) -> None:
    repository, clone = branch
    good = (repository.folder / "kustomization.yaml").read_bytes()
    repository.write("kustomization.yaml", "resources: [nowhere.yaml]\n")
    clone.commit()
    repository.write("kustomization.yaml", good)
    found = compare(repository, base="HEAD", fail_on="new")
    assert (statuses(found), found.code) == ({"workloads.read_only_root": "new"}, 3)
    assert found.json["base"]["note"].startswith(
        "it cannot be judged, so every finding is new: small: kustomization.yaml:1: "
    )


@pytest.mark.quick
@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        (check.Options(fail_on="new"), "--fail-on new needs --base REF"),
        (check.Options(base="nowhere"), "there is no commit 'nowhere' in this clone"),
        (check.Options(base="alone"), "have no common ancestor"),
    ],
)
def test_what_cannot_be_compared(branch: tuple[Repository, Clone], options: check.Options, refusal: str) -> None:
    repository, clone = branch
    tree = clone.git("write-tree")
    clone.git("branch", "alone", clone.git("commit-tree", tree, "-m", "a line of its own"))
    with pytest.raises(UsageError, match=refusal):
        repository.ask(options)


def test_a_policy_of_the_change_itself_needs_a_reason(branch: tuple[Repository, Clone]) -> None:
    repository, clone = branch
    repository.edit("cart.yaml", WRITABLE, READ_ONLY)
    clone.commit()
    clone.git("branch", "--force", "main")
    repository.edit("cart.yaml", *ESCALATES)
    rule = "policies/pod_security/privilege_escalation.rego"
    (repository.folder / rule).unlink()
    refused = clone.promote("check", "--base", "main", "--output", "json", code=4)
    [gate] = refused.json["gates"]
    assert (gate["name"], gate["passed"], refused.json["findings"]) == ("policy", False, [])
    reason = f"it passes only because it changes {rule}: by those of main, workloads.privilege_escalation"
    assert reason in refused.err
    text = clone.promote("check", "--base", "main", code=4)
    assert "CLOSED policy: it passes only because" in text.out
    clone.promote("check", "--base", "main", "--fail-on", "new", code=4)
    clone.promote("check", "--base", "main", "--only", "workloads.read_only_root")
    passed = clone.promote("check", "--base", "main", "--despite-policy", "security agrees")
    assert "passed policy: it passes only because" in passed.out
    assert "security agrees" in passed.out


def test_what_was_denied_before_is_forgiven_by_both_policies(branch: tuple[Repository, Clone]) -> None:
    repository, clone = branch
    (repository.folder / "policies/workloads/read_only_root.rego").unlink()
    clone.promote("check", "--base", "main", "--fail-on", "new")
    assert "workloads.read_only_root" in clone.promote("check", "--base", "main", code=4).err
