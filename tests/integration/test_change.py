"""What the rules about the change itself refuse: versions that no look at the manifests can judge."""

from __future__ import annotations

import shutil

import pytest

from tests.integration.sandbox import BRANCH, KUSTOMIZATION, REPOSITORY, Sandbox

APART = "production would run a set of versions that never ran together in staging"
DIGESTS = [f"sha256:{digit * 64}" for digit in "ab"]


@pytest.fixture
def shop(tiny: Sandbox) -> Sandbox:
    """Two services, with the rules about changes."""
    policies = REPOSITORY / "policies"
    shutil.copy(policies / "change.rego", tiny.root / "policies")
    shutil.copytree(policies / "change", tiny.root / "policies" / "change", ignore=shutil.ignore_patterns("*_test*"))
    tiny.publish("rules about changes")
    return tiny


def findings(shop: Sandbox, *arguments: str, code: int) -> set[tuple[str, str, str]]:
    answer = shop.promote(*arguments, "--output", "json", code=code).json
    return {(one["rule"], one["level"], one["message"]) for one in answer["findings"]}


@pytest.mark.quick
def test_what_ran_before_passes(shop: Sandbox) -> None:
    assert findings(shop, "plan", "staging", "production", code=0) == set()


def test_an_older_version_is_no_promotion(shop: Sandbox) -> None:
    shop.stage("api", "1.2.0", "1.0.0")
    told = {("change.downgrade", "deny", "api: 1.0.0 is older than the current version 1.1.0")}
    assert findings(shop, "plan", "staging", "production", code=3) == told
    outcome = shop.promote("staging", "production", code=3)
    assert "change.downgrade: api: 1.0.0 is older than the current version 1.1.0" in outcome.err
    assert shop.pulls() == {}


def test_a_version_that_staging_never_ran_is_refused(shop: Sandbox) -> None:
    told = {("change.untried", "deny", "api: 1.3.0 has never run in staging")}
    assert findings(shop, "bump", "production", "api=1.3.0", "--pr", "--dry-run", code=3) == told
    assert findings(shop, "bump", "staging", "api=1.3.0", "--pr", "--dry-run", code=0) == set()


def test_what_staging_ran_once_is_enough(shop: Sandbox) -> None:
    shop.stage("api", "1.2.0", "1.3.0")
    told = {("change.combination", "warn", f"{APART}: shop/api 1.2.0 (there 1.3.0), shop/web 2.0.0 (there 2.1.0)")}
    assert findings(shop, "bump", "production", "api=1.2.0", "--pr", "--dry-run", code=0) == told


def test_a_tag_that_was_pushed_again_is_refused(shop: Sandbox) -> None:
    shop.stage("api", "1.2.0", f"1.3.0@{DIGESTS[0]}")
    shop.stage("api", f"1.3.0@{DIGESTS[0]}", "1.4.0")
    ((rule, _, message),) = findings(
        shop, "bump", "staging", f"api=1.3.0@{DIGESTS[1]}", "--pr", "--dry-run", code=3
    ) - {("change.downgrade", "deny", "api: 1.3.0 is older than the current version 1.4.0")}
    assert rule == "change.moved_tag"
    assert message == "api: the tag 1.3.0 was sha256:aaaaaaaaaaaa before and is now sha256:bbbbbbbbbbbb"


def test_a_part_that_never_ran_with_the_rest_is_warned_of(shop: Sandbox) -> None:
    told = {("change.combination", "warn", f"{APART}: shop/web 2.0.0 (there 2.1.0)")}
    assert findings(shop, "plan", "staging", "production", "--only", "api", code=0) == told
    # What staging ran together once is known to work.
    shop.stage("web", "2.1.0", "2.0.0")
    shop.stage("web", "2.0.0", "2.2.0")
    assert findings(shop, "plan", "staging", "production", "--only", "api", code=0) == set()


def test_promote_yaml_decides_that_it_is_denied(shop: Sandbox) -> None:
    path = "{path: overlays/production"
    shop.replace("promote.yaml", f"{path}}}", f"{path}, gates: {{combination: deny}}}}")
    shop.publish("sets only")
    told = f"{APART}: shop/web 2.0.0 (there 2.1.0)"
    assert findings(shop, "plan", "staging", "production", "--only", "api", code=3) == {
        ("change.combination", "deny", told)
    }
    assert told in shop.promote("staging", "production", "--only", "api", code=3).err
    shop.promote("staging", "production", "--only", "api", "--despite-combination", "web is not ready")
    (pull,) = shop.pulls().values()
    assert f"- ⚠️ `change.combination`: {told}" in pull["body"]
    assert "- ⚠️ combination: production: despite it: web is not ready" in pull["body"]
    written = "\nOverride-Reason: combination: web is not ready\n"
    assert written in shop.at_origin("log", "-1", "--format=%B", BRANCH)
    assert "change.combination" in shop.promote("merge", "1", code=3).out


def test_several_major_versions_are_shown_in_the_pull_request(shop: Sandbox) -> None:
    shop.stage("api", "1.2.0", "2.0.0")
    shop.stage("web", "2.1.0", "3.0.0")
    shop.promote("staging", "production")
    (pull,) = shop.pulls().values()
    assert "2 services change their major version at the same time: api, web" in pull["body"]


def test_a_rollback_is_merged(shop: Sandbox) -> None:
    shop.promote("staging", "production")
    shop.promote("merge", "1")
    shop.git("pull", "--quiet", "origin", "main")
    shop.promote("rollback", "production", "api", "--pr")
    shop.promote("merge", "2")


def test_what_somebody_pushed_onto_the_branch_is_judged_again(shop: Sandbox) -> None:
    shop.promote("staging", "production")
    shop.git("fetch", "--quiet", "origin", BRANCH)
    shop.git("checkout", "--quiet", "--detach", "FETCH_HEAD")
    shop.replace(KUSTOMIZATION, '"2.1.0"', '"1.9.0"')
    shop.commit("back by hand")
    shop.git("push", "--quiet", "origin", f"HEAD:refs/heads/{BRANCH}")
    said = shop.promote("merge", "1", code=3).out
    assert "web: 1.9.0 is older than the current version 2.0.0" in said
    assert "web: 1.9.0 has never run in staging" in said
