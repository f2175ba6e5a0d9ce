"""Environments that cannot be built stop a merge if it is their cause or touches them, and no other merge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.integration.tiny import CONFIG, FILES, Tiny, git, promote

BROKEN = "overlays/broken/kustomization.yaml"
WORKS = "resources: [../../base]\n"
PATCH = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: gone}}"
BRANCH = "promote/staging-to-production"
WAYS: Mapping[str, Mapping[str, str]] = {
    "a patch without its object": {BROKEN: f"{WORKS}patches: [{{patch: '{PATCH}'}}]\n"},
    "a file that is missing": {BROKEN: "resources: [../../base, missing.yaml]\n"},
    "a remote base": {BROKEN: "resources: ['https://example.invalid/team/library//deploy?ref=v1']\n"},
    "a generator of charts": {
        BROKEN: "generators: [chart.yaml]\n",
        "overlays/broken/chart.yaml": "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\n"
        "name: x\nrepo: https://charts.example.com\nversion: 1.0.0\n",
    },
    "not YAML": {BROKEN: "resources: [../../base\n"},
    "a base without a kustomization": {BROKEN: "resources: [../../other]\n", "other/notes.txt": "none\n"},
    "a folder outside": {BROKEN: "resources: [../../../outside]\n"},
}
SETTINGS = CONFIG.replace("kubernetes", "  broken: {path: overlays/broken}\nkubernetes") + "forge: {kind: local}\n"


@pytest.fixture
def tiny(clone: Tiny) -> Tiny:
    clone.commit({"promote.yaml": SETTINGS, BROKEN: WORKS})
    return clone


def proposed(tiny: Tiny, capfd: pytest.CaptureFixture[str], more: Mapping[str, str] | None = None) -> str:
    """The number of a pull request, whose branch also has the files `more`."""
    pull: Any = json.loads(promote(capfd, "staging", "production", "--output", "json"))["pull_request"]
    if more:
        git(tiny.root, "fetch", "--quiet", "origin")
        git(tiny.root, "checkout", "--quiet", "-B", "more", f"origin/{BRANCH}")
        tiny.commit(more, push=False)
        git(tiny.root, "push", "--quiet", "origin", f"HEAD:{BRANCH}")
        git(tiny.root, "checkout", "--quiet", "main")
    return str(pull["number"])


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(files, id=name, marks=() if "missing" in name else pytest.mark.thorough)
        for name, files in WAYS.items()
        if name != "a patch without its object"
    ],
)
def test_what_was_unbuildable_stops_no_merge(
    tiny: Tiny, capfd: pytest.CaptureFixture[str], files: Mapping[str, str]
) -> None:
    tiny.commit(files)
    said = promote(capfd, "merge", proposed(tiny, capfd))
    assert "not checked: broken (kustomize failed there before, too, and reads none of the changed files)" in said
    git(tiny.root, "pull", "--quiet", "origin", "main")
    assert "not checked: broken" in promote(capfd, "verify", "HEAD")


def test_what_reads_no_changed_file_is_not_built_again(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    tiny.commit(WAYS["a patch without its object"])
    said = promote(capfd, "merge", proposed(tiny, capfd))
    assert "production: 2 documents rendered" in said
    assert "staging:" not in said
    assert "not checked again: broken, staging (no file that they read changes)" in said
    git(tiny.root, "pull", "--quiet", "origin", "main")
    assert "moves versions and nothing else" in promote(capfd, "verify", "HEAD")


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        (f"{SETTINGS}deny: all\n", {}),
        (SETTINGS, {"policies/main.rego": f"{FILES['policies/main.rego']}\n# ours\n"}),
        (SETTINGS, {"base/web.yaml": f"{FILES['base/web.yaml']}# ours\n"}),
        (SETTINGS, {"promote.yaml": f"{SETTINGS}# ours\n"}),
    ],
    ids=["old findings deny", "rules change", "a base changes", "settings change"],
)
def test_every_environment_is_built_that_a_merge_may_concern(
    tiny: Tiny, capfd: pytest.CaptureFixture[str], settings: str, more: Mapping[str, str]
) -> None:
    tiny.commit({"promote.yaml": settings, "notes.txt": "none\n"})
    said = promote(capfd, "merge", proposed(tiny, capfd, more))
    assert "staging: 2 documents rendered" in said
    assert "not checked again" not in said


@pytest.mark.quick
def test_programs_are_given_its_name(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    tiny.commit(WAYS["not YAML"])
    assert json.loads(promote(capfd, "merge", proposed(tiny, capfd), "--output", "json"))["unbuilt"] == ["broken"]


@pytest.mark.parametrize(
    ("before", "more"),
    [
        (WAYS["a patch without its object"], {BROKEN: f"{WORKS}patches: [{{patch: '{PATCH}'}}]\nnamePrefix: a-\n"}),
        (WAYS["a file that is missing"], {"overlays/broken/another.yaml": "{}\n"}),
        (WAYS["a patch without its object"], {"base/web.yaml": f"{FILES['base/web.yaml']}# ours\n"}),
        (WAYS["a base without a kustomization"], {"other/kustomization.yaml": "resources: [missing.yaml]\n"}),
        (WAYS["not YAML"], {"promote.yaml": SETTINGS.replace("overlays/broken", "overlays/moved"),
                            BROKEN.replace("broken", "moved"): "resources: [missing.yaml]\n"}),
        ({}, {BROKEN: "resources: [missing.yaml]\n"}),
        ({}, {"base/kustomization.yaml": "resources: [web.yaml, cart.yaml, missing.yaml]\n"}),
        ({}, {"promote.yaml": SETTINGS.replace("kubernetes", "  new: {path: overlays/new}\nkubernetes"),
              BROKEN.replace("broken", "new"): "resources: [missing.yaml]\n"}),
    ],
    ids=["its file", "its folder", "a layer", "a layer that comes", "another folder", "now", "all now", "a new one"],
)  # fmt: skip
def test_what_a_merge_touches_or_breaks_stops_it(
    tiny: Tiny, capfd: pytest.CaptureFixture[str], before: Mapping[str, str], more: Mapping[str, str]
) -> None:
    tiny.commit(before or {"notes.txt": "none\n"})
    assert "kustomization.yaml" in promote(capfd, "merge", proposed(tiny, capfd, more), code=2)


def test_a_merge_may_change_rules(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    tiny.commit(WAYS["a file that is missing"])
    rule = FILES["policies/main.rego"]
    number = proposed(tiny, capfd, {"policies/main.rego": f"{rule}\n# ours\n"})
    assert "not checked: broken" in promote(capfd, "merge", number)


@pytest.mark.parametrize("more", ["", "kustomize: {helm: true}\n"])
def test_a_generator_of_charts_is_refused_where_it_is_and_stops_no_other_environment(
    tiny: Tiny, capfd: pytest.CaptureFixture[str], more: str
) -> None:
    tiny.commit({"promote.yaml": SETTINGS + more, **WAYS["a generator of charts"]})
    said = promote(capfd, "check", "broken", code=2)
    assert "overlays/broken/chart.yaml:1: promote does not run HelmChartInflationGenerator" in said
    assert "move its fields to an item under `helmCharts`" in said
    promote(capfd, "check", "staging", "production")
    assert "broken" in promote(capfd, "status")
    said = promote(capfd, "merge", proposed(tiny, capfd))
    assert "not checked: broken" in said
