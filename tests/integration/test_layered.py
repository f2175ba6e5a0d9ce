"""A region that is layered on production changes with it: in plans, pull requests, gates and checks."""

from __future__ import annotations

import pytest

from tests.integration.sandbox import BRANCH, KUSTOMIZATION, Sandbox, tiny_overlay

FREEZE = "freeze: [{start: 2020-01-01 00:00, end: 2099-01-01 00:00, timezone: UTC, reason: audit}]"
REGION = "namespace: shop-eu\nresources: [../production]\n"


def region(tiny: Sandbox, gates: str = "", kustomization: str = REGION) -> None:
    line = "  production: {path: overlays/production}\n"
    tiny.replace("promote.yaml", line, f"{line}  prod-eu:\n    path: overlays/prod-eu\n    gates: {{{gates}}}\n")
    tiny.write("overlays/prod-eu/kustomization.yaml", kustomization)
    tiny.publish()


def test_a_promotion_names_what_is_layered_on_its_target(tiny: Sandbox) -> None:
    region(tiny)
    answer = tiny.promote("staging", "production", "--output", "json").json
    assert [(one["to"], one["layered_on"]) for one in answer["targets"]] == [
        ("production", None),
        ("prod-eu", "production"),
    ]
    assert (answer["to"], answer["targets"][1]["changes"]) == ("production", answer["changes"])
    assert len(answer["changes"]) == 2
    assert tiny.at_origin("diff", "--name-only", "main", BRANCH) == KUSTOMIZATION
    assert "\nalso changes prod-eu, which is layered on production\n" in tiny.at_origin(
        "log", "-1", "--format=%B", BRANCH
    )
    body = tiny.pulls()[1]["body"]
    assert "Also changes prod-eu, which is layered on production." in body
    assert "@@ Deployment/shop-eu/api" in body
    out = tiny.promote("plan", "staging", "production").out
    assert "also changes prod-eu, which is layered on production:\n  api  1.1.0 → 1.2.0\n" in out
    assert "prod-eu: 2 documents rendered, 2 validated, 2 evaluated" in out
    assert "moves versions and nothing else" in tiny.promote("verify", answer["commit"]).out


def test_its_freeze_stops_a_promotion_a_bump_and_a_merge_but_no_rollback(tiny: Sandbox) -> None:
    region(tiny, FREEZE)
    for given in (
        ["staging", "production"],
        ["bump", "production", "api=1.2.0", "--commit"],
    ):
        refused = tiny.promote(*given, code=4)
        assert "prod-eu: audit, until Thu 2099-01-01 00:00 UTC" in refused.err
    found = tiny.promote("explain", "staging", "production", code=4).out
    assert "freeze: prod-eu: audit" in found
    assert list(tiny.branches()) == ["main"]
    tiny.promote("staging", "production", "--despite-freeze", "tested")
    assert "prod-eu: audit" in tiny.promote("merge", "1", code=4).err
    tiny.promote("merge", "1", "--despite-freeze", "tested")
    out = tiny.promote("rollback", "production", "api").out
    assert "also changes prod-eu" in out
    assert tiny.show(branch="main") == tiny_overlay("production", "1.1.0", "2.1.0")


def test_a_hold_and_a_denial_in_the_region_count(tiny: Sandbox) -> None:
    region(tiny)
    tiny.promote("hold", "production", "api=1.2.0", "--reason", "it leaks")
    tiny.git("pull", "--quiet", "origin", "main")
    tiny.replace("holds.yaml", "production", "prod-eu")
    tiny.publish()
    assert "api: 1.2.0 is held since" in tiny.promote("staging", "production", code=4).err
    tiny.stage("web", "2.1.0", "latest")
    refused = tiny.promote("staging", "production", "--only", "web", "--output", "json", "--dry-run", code=3).json
    assert {finding["target"] for finding in refused["findings"] if finding["level"] == "deny"} == {
        "production",
        "prod-eu",
    }


PINNED = REGION + "images:\n  - {name: shop/api, newTag: '1.0.0'}\n  - {name: shop/web, newTag: '1.0.0'}\n"


@pytest.mark.quick
def test_a_region_with_versions_of_its_own_does_not_change(tiny: Sandbox) -> None:
    region(tiny, FREEZE, PINNED)
    answer = tiny.promote("staging", "production", "--output", "json").json
    assert "targets" not in answer


def test_a_region_that_renames_images_changes_with_them(tiny: Sandbox) -> None:
    renamed = REGION + "images:\n  - {name: shop/api, newName: eu.example.com/api}\n"
    region(tiny, kustomization=renamed)
    answer = tiny.promote("staging", "production", "--only", "api", "--output", "json").json
    assert [one["service"] for one in answer["targets"][1]["changes"]] == ["api"]


@pytest.mark.parametrize("allow", [False, True])
def test_what_the_region_makes_of_a_version_beside_images_is_refused_unless_asked_for(
    tiny: Sandbox, allow: bool
) -> None:
    copied = """\
replacements:
  - source: {kind: Deployment, name: api, fieldPath: spec.template.spec.containers.0.image}
    targets: [{select: {kind: Deployment, name: web}, fieldPaths: [metadata.labels.tag], options: {create: true}}]
"""
    region(tiny, kustomization=REGION + copied)
    if allow:
        assert (
            "+ /metadata/labels/tag: shop/api:1.2.0"
            in tiny.promote("staging", "production", "--allow-other-changes", "--dry-run").out
        )
    else:
        refused = tiny.promote("staging", "production", code=3).err
        assert "more than images in prod-eu, which is layered on production" in refused


def test_a_region_that_was_broken_before_stops_nothing(tiny: Sandbox) -> None:
    region(tiny, kustomization=REGION + "patches: [{path: missing.yaml}]\n")
    assert "targets" not in tiny.promote("staging", "production", "--output", "json").json
