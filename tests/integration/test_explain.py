from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promote.system import clock
from tests.integration.sandbox import KUSTOMIZATION, Sandbox
from tests.integration.test_gates import SATURDAY, WEEKEND, ask
from tests.integration.test_promote import REPLACEMENT

pytestmark = pytest.mark.quick


def test_every_obstacle_with_the_way_past_it(tiny: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(tiny, WEEKEND)
    monkeypatch.setattr(clock, "now", lambda: SATURDAY)
    answer = tiny.promote("explain", "staging", "production", "--output", "json", code=4).json
    (freeze,) = answer["obstacles"]
    assert freeze["name"] == "freeze"
    assert freeze["reason"].startswith("production: nobody is there, until Mon 2026-11-30 06:00")
    assert freeze["until"] == answer["earliest"] == "2026-11-30T05:00:00Z"
    tiny.promote("hold", "production", "api=1.2.0", "--reason", "it leaks")
    said = tiny.promote("explain", "staging", "production", code=4).out
    assert "hold: api: 1.2.0 is held since " in said
    assert "  to pass: leave it out with --exclude, or lift the hold with `promote release`" in said
    assert said.endswith("opens by itself: never\n")


@pytest.mark.thorough
def test_what_a_rule_denies(tiny: Sandbox) -> None:
    tiny.replace("base/deployments.yaml", "image: shop/web}", "image: shop/web}, {name: proxy, image: proxy}")
    tiny.write("promote.yaml", tiny.read("promote.yaml") + "deny: all\n")
    tiny.publish()
    answer = tiny.promote("explain", "staging", "production", "--output", "json", code=3).json
    assert [(one["name"], one["until"]) for one in answer["obstacles"]] == [("images.tag", None)]
    assert answer["obstacles"][0]["way"]
    assert answer["earliest"] is None


@pytest.mark.slow
def test_what_changes_beside_images(tiny: Sandbox) -> None:
    tiny.write(KUSTOMIZATION, tiny.read(KUSTOMIZATION) + REPLACEMENT)
    tiny.publish()
    said = tiny.promote("explain", "staging", "production", code=3).out
    assert "proof: Deployment/shop-production/web /metadata/labels/tag also changes" in said
    assert said.endswith("  to pass: look at it, and pass --allow-other-changes\nopens by itself: never\n")
    allowed = tiny.promote("explain", "staging", "production", "--allow-other-changes", "--output", "json").json
    assert allowed["obstacles"] == []
    renames = REPLACEMENT.replace("metadata.labels.tag", "metadata.name")
    tiny.write(KUSTOMIZATION, tiny.read(KUSTOMIZATION).replace(REPLACEMENT, renames))
    tiny.publish()
    said = tiny.promote("explain", "staging", "production", code=3).out
    assert said.count(" (the whole object) also changes") == 2


def test_nothing_in_the_way(tiny: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: now)
    answer = tiny.promote("explain", "staging", "production", "--output", "json").json
    assert (answer["obstacles"], answer["earliest"]) == ([], f"{now:%Y-%m-%dT%H:%M:%SZ}")
    assert tiny.promote("explain", "staging", "production").out.endswith("\nnothing blocks this promotion\n")
