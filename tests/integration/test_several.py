"""One promotion into several environments: in one pull request, or in one each."""

from __future__ import annotations

import pytest

from promote.promotion.deliver import branch_of
from tests.integration.sandbox import Sandbox, tiny_overlay

BOTH = "promote/staging-to-prod-eu_and_prod-us"
REGIONS = ("prod-eu", "prod-us")


def file_of(name: str) -> str:
    return f"overlays/{name}/kustomization.yaml"


@pytest.fixture
def regions(tiny: Sandbox) -> Sandbox:
    """Two regions: prod-us has the API of staging already."""
    rest = "".join(f"  {name}: {{path: overlays/{name}, after: [staging]}}\n" for name in REGIONS)
    tiny.replace("promote.yaml", "kubernetes:", f"{rest}kubernetes:")
    tiny.write(file_of("prod-eu"), tiny_overlay("prod-eu", "1.1.0", "2.0.0"))
    tiny.write(file_of("prod-us"), tiny_overlay("prod-us", "1.2.0", "2.0.0"))
    tiny.publish()
    return tiny


def test_several_environments_change_in_one_commit_and_pull_request(regions: Sandbox) -> None:
    answer = regions.promote("staging", "prod-us", "prod-eu", "--output", "json").json
    assert (answer["to"], answer["branch"], answer["pull_request"]["number"]) == ("prod-eu, prod-us", BOTH, 1)
    assert [(one["to"], [change["service"] for change in one["changes"]]) for one in answer["targets"]] == [
        ("prod-eu", ["api", "web"]),
        ("prod-us", ["web"]),
    ]
    assert len(answer["changes"]) == 3
    assert regions.show(file_of("prod-eu"), BOTH) == tiny_overlay("prod-eu", "1.2.0", "2.1.0")
    assert regions.show(file_of("prod-us"), BOTH) == tiny_overlay("prod-us", "1.2.0", "2.1.0")
    assert regions.at_origin("rev-list", "--count", f"main..{BOTH}") == "1"
    assert regions.pulls()[1]["title"] == "promote: staging → prod-eu, prod-us (api 1.1.0→1.2.0, +2)"
    message = regions.at_origin("log", "-1", "--format=%B", BOTH)
    assert "Promoted-To: prod-eu\nPromoted-To: prod-us" in message
    assert "shop/web 2.0.0 -> 2.1.0 in prod-us" in message
    assert "moves versions and nothing else" in regions.promote("verify", answer["commit"]).out


def test_again_and_in_another_order_it_is_the_same_pull_request(regions: Sandbox) -> None:
    first = regions.promote("staging", *REGIONS, "--only", "api", "--output", "json").json
    second = regions.promote("staging", "prod-us", "prod-eu", "--only", "web", "--output", "json").json
    assert second["pull_request"] == first["pull_request"]
    assert regions.show(file_of("prod-eu"), BOTH) == tiny_overlay("prod-eu", "1.2.0", "2.1.0")
    again = regions.promote("staging", "prod-us", "prod-eu", "--only", "web", "--output", "json").json
    assert again["changed"] is False
    assert regions.promote("merge", "1").code == 0
    assert regions.show(file_of("prod-us"), "main") == tiny_overlay("prod-us", "1.2.0", "2.1.0")
    assert "nothing to do: prod-eu" in regions.promote("staging", *REGIONS).out


def test_one_that_is_blocked_stops_all_of_one_pull_request_and_only_itself_of_separate_ones(regions: Sandbox) -> None:
    regions.promote("hold", "prod-us", "web=2.1.0", "--reason", "it leaks")
    assert "web: 2.1.0 is held" in regions.promote("staging", *REGIONS, code=4).err
    assert list(regions.branches()) == ["main"]
    answer = regions.promote("staging", *REGIONS, "--separate", "--output", "json", code=4).json
    eu, us = answer["targets"]
    assert (eu["branch"], eu["pull_request"]["number"]) == ("promote/staging-to-prod-eu", 1)
    assert (us["to"], us["changed"], "web: 2.1.0 is held" in us["error"]) == ("prod-us", False, True)
    assert (answer["branch"], answer["changed"]) == (None, True)
    assert sorted(regions.branches()) == ["main", "promote/staging-to-prod-eu"]
    assert (
        "staging → prod-us: refused: web: 2.1.0 is held"
        in regions.promote("staging", *REGIONS, "--separate", code=4).out
    )


def test_separate_ones_have_a_pull_request_each(regions: Sandbox) -> None:
    answer = regions.promote("staging", *REGIONS, "--separate", "--output", "json").json
    assert [one["pull_request"]["number"] for one in answer["targets"]] == [1, 2]
    assert answer["pull_request"] is None
    titles = [pull["title"] for pull in regions.pulls().values()]
    assert titles == [
        "promote: staging → prod-eu (api 1.1.0→1.2.0, +1)",
        "promote: staging → prod-us (web 2.0.0→2.1.0)",
    ]


@pytest.mark.parametrize("options", [[], ["--separate"]])
def test_a_plan_shows_all_of_them_and_writes_nothing(regions: Sandbox, options: list[str]) -> None:
    refs = regions.at_origin("for-each-ref")
    out = regions.promote("plan", "staging", *REGIONS, *options).out
    assert "staging → prod-eu: 2 to change" in out
    assert "staging → prod-us: 1 to change" in out
    answer = regions.promote("plan", "staging", *REGIONS, *options, "--output", "json").json
    assert [one["to"] for one in answer["targets"]] == list(REGIONS)
    assert regions.at_origin("for-each-ref") == refs


def test_the_first_may_have_everything_already(regions: Sandbox) -> None:
    regions.promote("bump", "prod-eu", "api=1.2.0", "web=2.1.0", "--commit")
    regions.promote("staging", *REGIONS)
    assert regions.pulls()[1]["title"] == "promote: staging → prod-us (web 2.0.0→2.1.0)"
    assert regions.at_origin("diff", "--name-only", "main", BOTH) == file_of("prod-us")


@pytest.mark.quick
def test_a_wrong_name_among_them_writes_nothing(regions: Sandbox) -> None:
    assert "no environment 'prod-uk'" in regions.promote("staging", "prod-eu", "prod-uk", code=2).err
    assert list(regions.branches()) == ["main"]


def test_many_environments_have_a_branch_and_a_title_that_every_forge_takes(tiny: Sandbox) -> None:
    """A branch is a file of the remote, and GitLab takes titles of 255 characters."""
    names = [f"production-of-region-{number:02}" for number in range(15)]
    rest = "".join(f"  {name}: {{path: overlays/{name}, after: [staging]}}\n" for name in names)
    tiny.replace("promote.yaml", "kubernetes:", f"{rest}kubernetes:")
    for name in names:
        tiny.write(file_of(name), tiny_overlay(name, "1.1.0", "2.1.0"))
    tiny.publish()
    first = tiny.promote("staging", *names[:14], "--output", "json").json
    assert first["pull_request"]["number"] == 1
    assert len(first["branch"].rpartition("/")[2]) <= 200
    assert len(tiny.pulls()[1]["title"]) <= 200
    # The same again, and others have another one.
    assert tiny.promote("staging", *names[:14], "--output", "json").json["branch"] == first["branch"]
    assert tiny.promote("staging", *names, "--output", "json").json["pull_request"]["number"] == 2


@pytest.mark.quick
def test_the_branch_of_many_images_is_cut_and_still_their_own() -> None:
    names = [f"service-{number}" for number in range(100)]
    one, other = (branch_of("bump", "dev/eu", "-".join(some)) for some in (names, names[:-1]))
    assert one != other
    assert one.startswith("bump/dev-eu/service-0-service-1-")
    assert max(map(len, one.split("/"))) == 200
    assert len(branch_of("bump", "dev", "é" * 150).rpartition("/")[2].encode()) <= 200
