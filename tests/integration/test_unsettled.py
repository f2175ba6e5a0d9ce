"""Tags that move and placeholders are shown, and are not promoted as if they were versions."""

from __future__ import annotations

import pytest

from tests.integration.sandbox import KUSTOMIZATION, Sandbox, tiny_overlay

pytestmark = pytest.mark.quick

MOVES = "a tag that moves does not say which build runs: `promote pin staging` adds digests"
FILLED = "a placeholder is not a version; what fills it in decides, until `promote bump` sets a version"


def publish(tiny: Sandbox, staging: tuple[str, str], production: tuple[str, str]) -> None:
    """The tags of `api` and `web` in both environments."""
    for name, tags in (("staging", staging), ("production", production)):
        tiny.write(f"overlays/{name}/kustomization.yaml", tiny_overlay(name, *tags))
    tiny.publish("tags")


def test_a_tag_that_moves_is_promoted_only_by_name(tiny: Sandbox) -> None:
    publish(tiny, ("develop", "2.1.0"), ("1.1.0", "2.0.0"))
    status = tiny.promote("status").out
    assert "to promote: promote staging production  (web)" in status
    assert "are not promoted: develop; `promote pin ENV` adds digests" in status
    assert tiny.promote("status", "--output", "json").json["pending"][0]["services"] == ["web"]
    plan = tiny.promote("plan", "staging", "production", "--output", "json").json
    assert [one["service"] for one in plan["changes"]] == ["web"]
    assert plan["unmoved"] == [f"shop/api (develop): {MOVES}; --only NAME takes the tag as it is"]
    assert f"not moved: shop/api (develop): {MOVES}" in tiny.promote("drift", "staging", "production", code=1).out
    only = tiny.promote("plan", "staging", "production", "--only", "api", "--output", "json").json
    assert [one["new"]["tag"] for one in only["changes"]] == ["develop"]


def test_a_version_takes_the_place_of_a_tag_that_moves(tiny: Sandbox) -> None:
    publish(tiny, ("1.2.0", "2.1.0"), ("latest", "2.0.0"))
    tiny.promote("staging", "production", "--auto-merge")
    tiny.git("pull", "--quiet", "origin", "main")
    assert tiny.read(KUSTOMIZATION) == tiny_overlay("production", "1.2.0", "2.1.0")


@pytest.mark.parametrize(("staging", "production"), [("$(TAG)", "1.1.0"), ("1.2.0", "<<inputs.version>>")])
def test_a_placeholder_is_never_promoted_or_replaced(tiny: Sandbox, staging: str, production: str) -> None:
    publish(tiny, (staging, "2.0.0"), (production, "2.0.0"))
    status = tiny.promote("status").out
    assert "to promote" not in status
    assert f"are not promoted: {staging if '$' in staging else production}\n" in status
    for only in ([], ["--only", "api"]):
        plan = tiny.promote("plan", "staging", "production", *only).out
        assert FILLED in plan
        assert "nothing to do: production has everything that can be moved already" in plan


def test_a_pattern_of_a_policy_is_not_an_image(tiny: Sandbox) -> None:
    policy = "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: tags}\nspec:\n  rules:\n"
    for pattern in ("*:*", "!*:latest", "shop/api:1 | shop/web:1"):
        policy += f"    - validate: {{pattern: {{spec: {{containers: [{{image: '{pattern}'}}]}}}}}}\n"
    for name in ("staging", "production"):
        tiny.write(f"overlays/{name}/policy.yaml", policy)
        tiny.replace(f"overlays/{name}/kustomization.yaml", "resources: [", "resources: [policy.yaml, ")
    tiny.publish("a policy")
    images = tiny.promote("status", "--output", "json").json["environments"]["staging"]
    assert [one["image"] for one in images] == ["shop/api", "shop/web"]
    tiny.promote("staging", "production", "--auto-merge")


def test_the_same_tag_that_moves_is_not_the_same_build(tiny: Sandbox) -> None:
    publish(tiny, ("latest", "$(TAG)"), ("latest", "$(TAG)"))
    said = tiny.promote("drift", "staging", "production").out
    assert "note: shop/api (latest): the tag moves, so it may be another build in each" in said
    assert f"note: shop/web ($(TAG)): {FILLED}" in said
    assert len(tiny.promote("drift", "staging", "production", "--output", "json").json["notes"]) == 2
    assert "note: shop/api (latest): the tag moves" in tiny.promote("plan", "staging", "production").out


@pytest.mark.parametrize(("ref", "is_noted"), [("staging", True), ("main", True), ("v1.2.0", False)])
def test_the_same_branch_elsewhere_is_not_the_same_commit(tiny: Sandbox, ref: str, is_noted: bool) -> None:
    base = f"resources: ['https://example.com/team/lib//deploy?ref={ref}']\n"
    for name in ("staging", "production"):
        tiny.write(f"overlays/{name}/kustomization.yaml", base)
    tiny.publish()
    why = "a branch moves, so it may be another commit in each: name a tag or a commit"
    said = f"note: example.com/team/lib ({ref}): {why}"
    for verb in ("drift", "plan"):
        assert (said in tiny.promote(verb, "staging", "production").out.splitlines()) is is_noted
    status = tiny.promote("status").out
    assert (f"a base may become another commit: {ref}; name a tag or a commit" in status) is is_noted
    assert "promote pin" not in status
