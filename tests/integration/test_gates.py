"""What promote.yaml asks a change to wait for: time, company, and open windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promote.forge.local import Local
from promote.git.repository import Repository
from promote.system import clock
from tests.integration.sandbox import BRANCH, Sandbox, tiny_overlay

WEEKEND = """\
      freeze:
        - {start: "Friday 16:00", end: "Monday 06:00", timezone: Europe/Zurich, reason: nobody is there}
"""
SATURDAY = datetime(2026, 11, 28, 12, tzinfo=UTC)
SHUT = "production: nobody is there, until Mon 2026-11-30 06:00 Europe/Zurich"


def ask(tiny: Sandbox, gates: str) -> Sandbox:
    tiny.replace(
        "promote.yaml",
        "  production: {path: overlays/production}\n",
        f"  production:\n    path: overlays/production\n    gates:\n{gates}",
    )
    tiny.publish("ask for more")
    return tiny


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that lets time pass."""

    def pass_(hours: float) -> None:
        now = datetime.now(UTC) + timedelta(hours=hours)
        monkeypatch.setattr(clock, "now", lambda: now)

    return pass_


@pytest.fixture
def frozen(tiny: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A weekend in which production is left alone."""
    monkeypatch.setattr(clock, "now", lambda: SATURDAY)
    return ask(tiny, WEEKEND)


def test_a_plan_says_when_it_may_go(tiny: Sandbox, later: Any) -> None:
    ask(tiny, "      soak: 4h\n")
    later(1)
    answer = tiny.promote("plan", "staging", "production", "--output", "json", code=4).json
    assert [(gate["name"], gate["subject"], gate["passed"]) for gate in answer["gates"]] == [
        ("soak", "api", False),
        ("soak", "web", False),
    ]
    since = datetime.fromisoformat(answer["soak"]["images"][0]["since"])
    assert datetime.fromisoformat(answer["gates"][0]["until"]) == since + timedelta(hours=4)
    assert answer["soak"]["required"] == 4 * 3600
    assert answer["soak"]["images"][0]["commit"] == tiny.at_origin("rev-list", "--max-parents=0", "main")
    # Since its commit, which is as old as the repository that all tests copy.
    assert answer["soak"]["images"][0]["seconds"] == int((clock.now() - since).total_seconds())
    assert answer["soak"]["images"][0]["seconds"] >= 3600
    assert (answer["combination"]["ran"], answer["freeze"], answer["despite"]) == (True, None, {})
    refused = tiny.promote("staging", "production", code=4).err
    assert "api: in staging since " in refused
    assert "4 h are required" in refused
    assert "--despite-soak REASON" in refused
    assert list(tiny.branches()) == ["main"]
    later(4.5)
    tiny.promote("staging", "production")


@pytest.mark.thorough
def test_one_version_waits_and_the_other_goes(tiny: Sandbox, later: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(tiny, "      soak: 4h\n")
    later(9)
    monkeypatch.setitem(tiny.env, "GIT_COMMITTER_DATE", clock.now().isoformat())
    tiny.stage("web", "2.1.0", "2.2.0")
    assert "web: in staging since " in tiny.promote("staging", "production", code=4).err
    tiny.promote("staging", "production", "--only", "api")
    refused = tiny.promote("bump", "production", "web=2.2.0", "--pr", code=4).err
    assert "web: in staging since " in refused
    tiny.promote("bump", "production", "web=2.1.0", "--pr", "--dry-run")


@pytest.mark.thorough
def test_a_merge_asks_the_shared_branch_how_long(tiny: Sandbox, later: Any) -> None:
    tiny.promote("staging", "production")
    ask(tiny, "      soak: 4h\n")
    later(1)
    assert "4 h are required" in tiny.promote("merge", "1", code=4).err
    later(5)
    tiny.promote("merge", "1")
    assert tiny.show(branch="main") == tiny_overlay("production", "1.2.0", "2.1.0")


@pytest.mark.quick
@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(WEEKEND, "      combination: warn\n", id="lifted", marks=pytest.mark.thorough),
        pytest.param("  production:\n", "  live:\n", id="renamed"),
    ],
)
def test_a_pull_request_cannot_lift_the_gate_that_it_meets(frozen: Sandbox, old: str, new: str) -> None:
    frozen.promote("staging", "production", "--despite-freeze", "prepared for Monday")
    frozen.git("fetch", "--quiet", "origin", BRANCH)
    frozen.git("checkout", "--quiet", "--detach", "FETCH_HEAD")
    frozen.replace("promote.yaml", old, new)
    frozen.commit("no freeze")
    frozen.git("push", "--quiet", "origin", f"HEAD:refs/heads/{BRANCH}")
    assert SHUT in frozen.promote("merge", "1", code=4).err


@pytest.mark.quick
@pytest.mark.parametrize(
    ("there", "new"),
    [
        pytest.param("overlays/production", "overlays/Production", id="case"),
        pytest.param("overlays/caf\u00e9", "overlays/cafe\u0301", id="Unicode", marks=pytest.mark.thorough),
    ],
)
def test_a_name_that_is_another_on_macos_passes_no_freeze(frozen: Sandbox, there: str, new: str) -> None:
    """On such a file system, it is the folder of the environment that is frozen."""
    if there != "overlays/production":
        frozen.git("mv", "overlays/production", there)
        frozen.replace("promote.yaml", "overlays/production", there)
        frozen.publish("a name with an accent")
    base = frozen.tip()
    frozen.git("switch", "--quiet", "--create", "bump/twin")
    frozen.write(f"{new}/kustomization.yaml", frozen.read(f"{there}/kustomization.yaml").replace("1.1.0", "9.9.9"))
    frozen.commit("another folder")
    frozen.git("push", "--quiet", "origin", "HEAD")
    forge = Local(Repository.containing(frozen.root), "origin")
    forge.open("bump/twin", "main", "another folder", "")
    said = f"adds {new}, which is {there} in a checkout on macOS or Windows"
    assert f"pull request #1 {said}" in frozen.promote("merge", "1", code=4).err
    assert frozen.tip() == base
    assert f"the change {said}" in frozen.promote("check", "--base", "origin/main", code=4).err


def test_a_freeze_refuses_a_promotion_a_bump_and_a_merge(tiny: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(tiny, WEEKEND)
    monkeypatch.setattr(clock, "now", lambda: SATURDAY - timedelta(days=1))
    tiny.promote("staging", "production")
    monkeypatch.setattr(clock, "now", lambda: SATURDAY)
    for arguments in (
        ["staging", "production"],
        ["bump", "production", "api=1.2.0"],
        ["merge", "1"],
    ):
        refused = tiny.promote(*arguments, code=4).err
        assert SHUT in refused
        assert "give the reason why not with --despite-freeze REASON" in refused
    assert tiny.show(branch="main") == tiny_overlay("production", "1.1.0", "2.0.0")
    status = tiny.promote("status", "--output", "json").json
    assert status["freezes"] == {
        "production": {
            "reason": "nobody is there",
            "start": "2026-11-27T15:00:00Z",
            "end": "2026-11-30T05:00:00Z",
        }
    }
    assert "frozen: production: nobody is there, until Mon 2026-11-30 06:00" in tiny.promote("status").out


def test_a_reason_is_kept_in_the_commit_and_in_the_pull_request(frozen: Sandbox) -> None:
    answer = frozen.promote("staging", "production", "--despite-freeze", "logins fail", "--output", "json").json
    assert (answer["freeze"]["reason"], answer["despite"]) == ("nobody is there", {"freeze": "logins fail"})
    assert "\nOverride-Reason: freeze: logins fail\n" in frozen.at_origin("log", "-1", "--format=%B", BRANCH)
    assert "despite it: logins fail" in frozen.pulls()[1]["body"]
    # The reason of the promotion is none for the merge, which may be another person's on another day.
    assert SHUT in frozen.promote("merge", "1", code=4).err
    frozen.promote("merge", "1", "--despite-freeze", "logins still fail")
    assert "\nOverride-Reason: freeze: logins still fail\n" in frozen.pulls()[1]["body"]
    assert frozen.show(branch="main") == tiny_overlay("production", "1.2.0", "2.1.0")


def test_a_reason_is_recorded_once_however_often_the_merge_is_tried(frozen: Sandbox) -> None:
    frozen.promote("staging", "production", "--despite-freeze", "logins fail")
    hook = frozen.origin / "hooks/update"
    hook.write_text('#!/bin/sh\n[ "$1" != refs/heads/main ]\n')  # as a protected branch
    hook.chmod(0o755)
    merge = ("merge", "1", "--despite-freeze", "logins still fail")
    frozen.promote(*merge, code=6)
    hook.unlink()
    frozen.promote(*merge)
    assert frozen.pulls()[1]["body"].count("Override-Reason: freeze: logins still fail") == 1


@pytest.mark.thorough
def test_a_reason_comes_to_a_branch_that_was_there(tiny: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(tiny, WEEKEND)
    monkeypatch.setattr(clock, "now", lambda: SATURDAY - timedelta(days=2))
    tiny.promote("staging", "production")
    monkeypatch.setattr(clock, "now", lambda: SATURDAY)
    tiny.promote("staging", "production", "--despite-freeze", "logins fail")
    tip = tiny.tip(BRANCH)
    assert "\nOverride-Reason: freeze: logins fail\n" in tiny.at_origin("log", "-1", "--format=%B", tip)
    tiny.promote("staging", "production", "--despite-freeze", "logins fail")
    assert tiny.tip(BRANCH) == tip


@pytest.mark.thorough
def test_one_reason_serves_to_merge_at_once(frozen: Sandbox) -> None:
    frozen.promote("staging", "production", "--auto-merge", "--despite-freeze", "logins fail")
    assert frozen.show(branch="main") == tiny_overlay("production", "1.2.0", "2.1.0")


def test_a_freeze_lets_a_rollback_through(tiny: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.promote("bump", "production", "api=1.2.0", "web=2.1.0", "--commit")
    ask(tiny, WEEKEND + "      soak: 4w\n")
    monkeypatch.setattr(clock, "now", lambda: SATURDAY)
    tiny.promote("rollback", "production", "api")
    tiny.promote("rollback", "production", "web", "--pr")
    tiny.promote("merge", "1")
    assert tiny.show(branch="main") == tiny_overlay("production", "1.1.0", "2.0.0")


def test_a_hold_makes_no_rollback_of_what_goes_forward(frozen: Sandbox) -> None:
    frozen.promote("staging", "production", "--only", "api", "--despite-freeze", "prepared for Monday")
    frozen.promote("hold", "production", "api=1.1.0", "--reason", "it leaks")
    assert SHUT in frozen.promote("merge", "1", code=4).err


@pytest.mark.thorough
def test_a_shallow_clone_does_not_pass_what_it_cannot_know(tiny: Sandbox, later: Any) -> None:
    ask(tiny, "      soak: 1h\n")
    later(9)
    shallow = tiny.clone("shallow", "--depth=1")
    refused = shallow.promote("staging", "production", code=4).err
    assert "api: how long it ran before is not known here" in refused


@pytest.mark.quick
def test_an_empty_reason_is_none(frozen: Sandbox) -> None:
    refused = frozen.promote("staging", "production", "--despite-freeze", " ", code=2).err
    assert "--despite-freeze needs a reason" in refused
