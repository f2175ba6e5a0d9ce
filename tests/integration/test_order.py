"""Stages as a graph: what `after` in promote.yaml allows, refuses and shows."""

from __future__ import annotations

import pytest

from tests.integration.sandbox import Sandbox, tiny_overlay

pytestmark = pytest.mark.quick

GRAPH = """\
environments:
  dev: {path: overlays/dev}
  staging: {path: overlays/staging}
  load: {path: overlays/load, after: [dev]}
  production: {path: overlays/production, after: [staging, load]}
  prod-us: {path: overlays/prod-us, after: [staging]}
kubernetes: ["1.36"]
"""


@pytest.fixture
def graph(tiny: Sandbox) -> Sandbox:
    tiny.write("promote.yaml", GRAPH)
    for name, version in (("dev", "1.3.0"), ("load", "1.2.0"), ("prod-us", "1.1.0")):
        tiny.write(f"overlays/{name}/kustomization.yaml", tiny_overlay(name, version, "2.1.0"))
    tiny.publish()
    return tiny


def test_a_stage_is_not_skipped_without_a_reason(graph: Sandbox) -> None:
    refused = graph.promote("dev", "production", code=4).err
    assert "production: it comes after staging and load, not after dev (`after` in promote.yaml)" in refused
    assert "--despite-order REASON" in refused
    assert "order: production: it comes after" in graph.promote("explain", "dev", "production", code=4).out
    assert list(graph.branches()) == ["main"]
    graph.promote("dev", "production", "--despite-order", "a hotfix")
    message = graph.at_origin("log", "-1", "--format=%B", "promote/dev-to-production")
    assert "Override-Reason: order: a hotfix" in message


@pytest.mark.slow
@pytest.mark.parametrize("source", ["staging", "load"])
def test_each_of_the_stages_before_may_promote(graph: Sandbox, source: str) -> None:
    assert graph.promote("plan", source, "production", "--output", "json").json["gates"] == []


@pytest.mark.slow
def test_a_merge_measures_in_the_stage_that_is_stated(graph: Sandbox) -> None:
    graph.replace("promote.yaml", "after: [staging]}", "after: [staging], gates: {soak: 1h}}")
    graph.publish("a time to soak")
    graph.promote("staging", "prod-us", "--despite-soak", "a hotfix")
    refused = graph.promote("merge", "1", code=4).err
    assert "api: in staging since" in refused  # not in production, which is listed before it


def test_the_status_follows_the_graph(graph: Sandbox) -> None:
    answer = graph.promote("status", "--output", "json").json
    assert answer["after"] == {"load": ["dev"], "production": ["staging", "load"], "prod-us": ["staging"]}
    assert [(one["from"], one["to"]) for one in answer["pending"]] == [
        ("dev", "staging"), ("dev", "load"), ("staging", "production"), ("load", "production"),
        ("staging", "prod-us"),
    ]  # fmt: skip
    assert "production comes after staging and load" in graph.promote("status").out
    assert "\nload comes after dev\n" in graph.promote("status").out
    graph.replace("promote.yaml", "after: [staging]", "after: [dev]")
    graph.publish()
    assert "\nload, prod-us come after dev\n" in graph.promote("status").out


def test_the_status_without_a_graph_is_as_before(tiny: Sandbox) -> None:
    assert "after" not in tiny.promote("status", "--output", "json").json
    assert "comes after" not in tiny.promote("status").out
