"""A promotion of some services next to an open pull request with others."""

from __future__ import annotations

import pytest

from tests.integration.sandbox import BRANCH, Sandbox, tiny_overlay


@pytest.mark.quick
def test_a_second_promotion_adds_to_the_open_pull_request(tiny: Sandbox) -> None:
    tiny.promote("staging", "production", "--only", "api")
    out = tiny.promote("staging", "production", "--only", "web").out
    assert "note: pull request #1 keeps api 1.2.0: --replace drops it" in out
    assert tiny.show() == tiny_overlay("production", "1.2.0", "2.1.0")
    assert [pull["title"] for pull in tiny.pulls().values()] == [
        "promote: staging → production (api 1.1.0→1.2.0, +1)"
    ]
    done = tiny.promote("staging", "production", "--only", "api", "--output", "json").json
    assert (done["changed"], [one["service"] for one in done["changes"]]) == (False, ["api", "web"])


@pytest.mark.parametrize("command", [["plan"], [], ["explain"]])
def test_plans_of_it_show_the_same(tiny: Sandbox, command: list[str]) -> None:
    tiny.promote("staging", "production", "--only", "api")
    refs = tiny.at_origin("for-each-ref")
    options = [] if command else ["--dry-run"]
    given = [*command, "staging", "production", "--only", "web", *options]
    assert "note: pull request #1 keeps api 1.2.0" in tiny.promote(*given).out
    answer = tiny.promote(*given, "--output", "json").json
    assert [one["service"] for one in answer["changes"]] == ["api", "web"]
    assert tiny.at_origin("for-each-ref") == refs


def test_what_was_proposed_stays_as_it_was_reviewed(tiny: Sandbox) -> None:
    tiny.promote("staging", "production", "--only", "api")
    tiny.stage("api", "1.2.0", "1.3.0")
    tiny.promote("staging", "production", "--only", "web")
    assert tiny.show() == tiny_overlay("production", "1.2.0", "2.1.0")
    tiny.promote("staging", "production", "--only", "api")
    assert tiny.show() == tiny_overlay("production", "1.3.0", "2.1.0")


@pytest.mark.parametrize("options", [["--only", "web", "--replace"], ["--exclude", "api"]])
def test_what_is_dropped_on_purpose_is_named(tiny: Sandbox, options: list[str]) -> None:
    tiny.promote("staging", "production", "--only", "api")
    out = tiny.promote("staging", "production", *options).out
    assert "note: pull request #1 no longer proposes api 1.2.0" in out
    assert tiny.show() == tiny_overlay("production", "1.1.0", "2.1.0")


def test_what_the_target_left_by_itself_is_dropped_and_named(tiny: Sandbox) -> None:
    tiny.promote("staging", "production", "--only", "api")
    tiny.promote("bump", "production", "api=1.4.0", "--commit")
    out = tiny.promote("staging", "production", "--only", "web").out
    assert "no longer proposes api 1.2.0, because production now has 1.4.0" in out
    assert tiny.show() == tiny_overlay("production", "1.4.0", "2.1.0")


def test_what_has_arrived_is_not_mentioned(tiny: Sandbox) -> None:
    tiny.promote("staging", "production", "--only", "api")
    tiny.promote("bump", "production", "api=1.2.0", "--commit")
    out = tiny.promote("staging", "production", "--only", "web").out
    assert "pull request #1 " not in out.partition("pushed:")[0]
    assert tiny.show() == tiny_overlay("production", "1.2.0", "2.1.0")


def test_a_closed_pull_request_proposes_nothing(tiny: Sandbox) -> None:
    tiny.promote("staging", "production", "--only", "api")
    head = tiny.tip(BRANCH)
    tiny.promote("merge", "1")
    tiny.promote("rollback", "production", "api", "--reason", "it leaks")
    tiny.promote("release", "production", "api")
    tiny.at_origin("update-ref", f"refs/heads/{BRANCH}", head)
    tiny.promote("staging", "production", "--only", "web")
    assert tiny.show() == tiny_overlay("production", "1.1.0", "2.1.0")


@pytest.mark.slow
def test_a_branch_without_a_pull_request_is_replaced_but_not_in_silence(tiny: Sandbox) -> None:
    tiny.promote("staging", "production", "--only", "api", "--no-pr")
    out = tiny.promote("staging", "production", "--only", "web", "--no-pr").out
    assert f"note: the branch {BRANCH}, which has no open pull request, no longer proposes api 1.2.0" in out
    assert tiny.show() == tiny_overlay("production", "1.1.0", "2.1.0")


def test_a_hold_on_what_it_keeps_is_named_with_the_way_past_it(tiny: Sandbox) -> None:
    tiny.promote("staging", "production", "--only", "api")
    tiny.promote("hold", "production", "api=1.2.0", "--reason", "it leaks")
    refused = tiny.promote("staging", "production", "--only", "web", code=4).err
    assert "api: 1.2.0 is held since" in refused
    tiny.promote("staging", "production", "--only", "web", "--replace")
    assert tiny.show() == tiny_overlay("production", "1.1.0", "2.1.0")
