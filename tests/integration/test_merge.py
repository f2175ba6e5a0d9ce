from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from promote.forge.protocol import Forge, PullRequest
from promote.model import Plan
from promote.promotion import merge
from tests.integration.sandbox import BRANCH, KUSTOMIZATION, Sandbox, tiny_overlay


@pytest.mark.quick
def test_a_merge_moves_branch_and_record_at_once(tiny: Sandbox) -> None:
    tiny.promote("staging", "production")
    base = tiny.tip()
    answer = tiny.promote("merge", "1", "--output", "json").json
    assert [one["service"] for one in answer.pop("environments")["production"]] == ["api", "web"]
    assert answer == {
        "pull_request": {"number": 1, "url": "local:1"},
        "gates": [],
        "unbuilt": [],
        "unchanged": ["staging"],
        "commit": tiny.tip(),
        "changed": True,
    }
    assert tiny.at_origin("rev-parse", "main^1") == base
    assert list(tiny.branches()) == ["main"]
    assert tiny.pulls()[1]["state"] == "merged"
    again = tiny.promote("merge", "1", "--output", "json").json
    assert (again["commit"], again["changed"]) == (None, False)


def test_a_merge_that_somebody_else_makes_meanwhile_is_no_error(
    tiny: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.promote("staging", "production")
    record, base = merge._record, tiny.tip()

    def overtaken(forge: Forge, pull: PullRequest, plans: Sequence[Plan]) -> None:
        record(forge, pull, plans)
        forge.merge(pull.number, pull.head_commit, base, "merge")

    monkeypatch.setattr(merge, "_record", overtaken)
    assert "pull request #1 is already merged" in tiny.promote("merge", "1").out
    assert tiny.at_origin("rev-parse", "main^1") == base


def test_the_merged_result_is_checked_not_the_branch(tiny: Sandbox) -> None:
    tiny.write("promote.yaml", tiny.read("promote.yaml") + "deny: all\n")
    tiny.publish("deny all")
    tiny.promote("staging", "production")
    tiny.replace("base/deployments.yaml", "image: shop/web}", "image: shop/web}, {name: proxy, image: proxy}")
    base = tiny.publish("a base that no rule accepts")
    assert "uses proxy, which has neither a tag nor a digest" in tiny.promote("merge", "1", code=3).out
    assert (tiny.tip(), tiny.pulls()[1]["state"]) == (base, "open")


@pytest.mark.quick
def test_a_hold_that_came_since_stops_the_merge(tiny: Sandbox) -> None:
    tiny.promote("staging", "production")
    tiny.promote("hold", "production", "web=2.1.0", "--reason", "too slow")
    base = tiny.tip()
    assert "too slow" in tiny.promote("merge", "1", code=4).err
    assert (tiny.tip(), tiny.pulls()[1]["state"]) == (base, "open")


def test_a_conflict_is_no_merge_and_says_what_to_do(tiny: Sandbox) -> None:
    tiny.promote("staging", "production")
    tiny.promote("bump", "production", "api=1.1.7", "--commit")
    base = tiny.tip()
    refused = tiny.promote("merge", "1", code=4).err
    assert "conflicts with main: run the command that opened it again to update it" in refused
    assert tiny.tip() == base
    tiny.promote("staging", "production")
    tiny.promote("merge", "1")
    assert tiny.show(branch="main") == tiny_overlay("production", "1.2.0", "2.1.0")


def test_a_branch_that_was_deleted_is_named_and_comes_back(tiny: Sandbox) -> None:
    tiny.promote("staging", "production")
    tiny.git("push", "--quiet", "origin", f":{BRANCH}")
    refused = tiny.promote("merge", "1", code=4).err
    assert f"the branch {BRANCH} of pull request #1 is not on 'origin'" in refused
    tiny.promote("staging", "production")
    tiny.promote("merge", "1")
    assert list(tiny.pulls()) == [1]


@pytest.mark.quick
def test_a_number_that_nobody_knows(tiny: Sandbox) -> None:
    assert "there are none yet" in tiny.promote("merge", "1", code=2).err


def test_a_shallow_clone_that_cannot_merge_says_so(tiny: Sandbox) -> None:
    tiny.promote("staging", "production")
    tiny.write("meanwhile.txt", "a commit on top")
    tiny.publish()
    shallow = tiny.clone("shallow", "--depth=1")
    assert "git fetch --unshallow" in shallow.promote("merge", "1", code=2).err


@pytest.mark.parametrize(
    ("method", "parents", "subject"),
    [("merge", 2, "promote: staging → production (api 1.1.0→1.2.0, +1)"),
     ("squash", 1, "promote: staging → production (api 1.1.0→1.2.0, +1) (#1)"),
     ("rebase", 1, "promote: staging → production (api 1.1.0→1.2.0, +1)")],
)  # fmt: skip
def test_each_method_leaves_its_own_shape(tiny: Sandbox, method: str, parents: int, subject: str) -> None:
    tiny.promote("staging", "production")
    tiny.write("meanwhile.txt", "so that the base has moved")
    base = tiny.publish()
    tiny.promote("merge", "1", "--method", method)
    assert tiny.at_origin("log", "-1", "--format=%s", "main") == subject
    assert len(tiny.at_origin("log", "-1", "--format=%P", "main").split()) == parents
    assert tiny.at_origin("rev-parse", "main^1") == base
    assert tiny.at_origin("diff", "--name-only", "main^1", "main") == KUSTOMIZATION


def test_the_method_of_promote_yaml_is_the_default(tiny: Sandbox) -> None:
    tiny.write("promote.yaml", tiny.read("promote.yaml") + "forge: {merge: squash}\n")
    tiny.publish()
    tiny.promote("staging", "production", "--auto-merge")
    assert tiny.at_origin("log", "-1", "--format=%s", "main").endswith("(#1)")


def test_a_folder_whose_name_is_not_utf_8_stops_no_merge(tiny: Sandbox) -> None:
    """Neither where it was before nor where the pull request brings it, as long as no environment reads it."""
    tiny.promote("staging", "production")
    for branch in ("main", BRANCH):
        tiny.git("fetch", "--quiet")
        tiny.git("checkout", "--quiet", f"origin/{branch}")
        folder = Path(os.fsdecode(os.fsencode(tiny.root) + f"/{branch[:4]}-caf".encode() + b"\xe9"))
        folder.mkdir()
        (folder / "kustomization.yaml").write_text("namespace: none\n", encoding="utf-8")
        tiny.commit("notes")
        tiny.git("push", "--quiet", "origin", f"HEAD:{branch}")
    tiny.promote("merge", "1")
    assert tiny.show(KUSTOMIZATION, "main") == tiny_overlay("production", "1.2.0", "2.1.0")
