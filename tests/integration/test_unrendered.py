"""Environments that kustomize cannot build here, and that promote.yaml lets go without the rendered proof."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from promote.kustomize import render
from promote.proof.unproved import moves_only_images
from tests.integration.tiny import CONFIG, FILES, Tiny, git, promote

PRODUCTION = "overlays/production/kustomization.yaml"
FOLDER = "overlays/production/"
STAGING = "overlays/staging/kustomization.yaml"
REMOTE = "resources: [../../base, 'https://example.invalid/team/library//deploy?ref=v1']"
ALLOWED = CONFIG.replace("production}", "production, unrendered: warn}") + "forge: {kind: local}\n"
PLUGIN = "resources: [../../base]\ngenerators: [secrets.yaml]"
FILES_OF_PLUGIN = {
    "overlays/production/secrets.yaml": """\
apiVersion: viaduct.ai/v1
kind: ksops
metadata: {name: secrets, annotations: {config.kubernetes.io/function: "exec: {path: ksops}"}}
files: [secret.enc.yaml]
""",
}


@pytest.fixture(params=[REMOTE, PLUGIN], ids=["a remote base", "a plugin"])
def tiny(request: pytest.FixtureRequest, clone: Tiny) -> Tiny:
    """Production cannot be built."""
    overlay = FILES[PRODUCTION].replace("resources: [../../base]", request.param)
    clone.commit({"promote.yaml": ALLOWED, PRODUCTION: overlay, **FILES_OF_PLUGIN})
    return clone


def pull(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(promote(capfd, "staging", "production", "--output", "json"))["pull_request"]
    return made


def test_without_the_setting_nothing_is_promoted(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    tiny.commit({"promote.yaml": ALLOWED.replace(", unrendered: warn", "")})
    assert FOLDER in promote(capfd, "plan", "staging", "production", code=2)
    assert FOLDER in promote(capfd, "check", code=2)


@pytest.mark.quick
def test_plan_and_check_say_that_nothing_is_proved(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    text = promote(capfd, "plan", "staging", "production")
    assert "web  1.0 → 1.1" in text
    assert "There is no rendered proof, and no rule has judged the result: kustomize cannot build this here." in text
    assert "WARN  check.unrendered" in text
    checked = promote(capfd, "check")
    assert "WARN  check.unrendered" in checked
    assert "staging: 2 documents rendered, 2 validated, 2 evaluated" in checked
    assert "production: 0 documents rendered" in checked


def test_what_may_go_unrendered_is_rendered_once(
    tiny: Tiny, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.commit({PRODUCTION: FILES[PRODUCTION]})
    asked: list[str] = []
    build = render.kustomize

    def counted(folder: Path, name: str) -> render.Rendered:
        asked.append(name)
        return build(folder, name)

    monkeypatch.setattr(render, "kustomize", counted)
    promote(capfd, "check")
    assert asked.count("production") == 1


def test_a_promotion_is_proposed_merged_and_rolled_back(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    number = pull(tiny, capfd)["number"]
    name = git(tiny.origin, "ls-tree", "--name-only", "refs/promote/pulls").strip()
    body = json.loads(git(tiny.origin, "show", f"refs/promote/pulls:{name}"))["body"]
    assert "There is no rendered proof" in body
    assert "✅" not in body
    before = git(tiny.origin, "show", f"main:{PRODUCTION}")
    assert f"pull request #{number} is merged" in promote(capfd, "merge", str(number))
    assert git(tiny.origin, "show", f"main:{PRODUCTION}") == before.replace('newTag: "1.0"', 'newTag: "1.1"', 1)
    git(tiny.root, "fetch", "--quiet", "origin")
    assert "only its bytes are proved" in promote(capfd, "verify", "origin/main", code=3)
    text = promote(capfd, "rollback", "production", "shop/web", "--reason", "it leaks")
    assert "There is no rendered proof" in text
    assert git(tiny.origin, "show", f"main:{PRODUCTION}") == before


def test_a_merge_that_does_more_is_refused(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    made, branch = pull(tiny, capfd), "promote/staging-to-production"
    git(tiny.root, "fetch", "--quiet", "origin")
    git(tiny.root, "checkout", "--quiet", "-B", "more", f"origin/{branch}")
    tiny.commit(
        {"base/web.yaml": FILES["base/web.yaml"].replace("name: web,", "name: web, stdin: true,")}, push=False
    )
    git(tiny.root, "push", "--quiet", "origin", f"HEAD:{branch}")
    assert FOLDER in promote(capfd, "merge", str(made["number"]), code=2)


def test_the_pull_request_itself_cannot_allow_it(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    strict = ALLOWED.replace(", unrendered: warn", "")
    made = pull(tiny, capfd)
    tiny.commit({"promote.yaml": strict})
    assert FOLDER in promote(capfd, "merge", str(made["number"]), code=2)


@pytest.mark.quick
@pytest.mark.parametrize(
    ("file", "before", "after", "only"),
    [
        (STAGING, "images: [{name: a, newTag: b}]\n", "images: [{name: a, newTag: c}]\n", True),
        (STAGING, "resources: [a]\n", "resources: [a]\nimages: [{name: a, newTag: c}]\n", True),
        (STAGING, "images: []\nresources: [a]\n", "images: []\nresources: [b]\n", False),
        (STAGING, "resources: [a]\n", "resources: [b]\n", False),
        (STAGING, None, "images: []\n", False),
        (STAGING, "images: []\n", None, False),
        ("values.yaml", "images: [a]\n", "images: [b]\n", False),
        ("holds.yaml", "holds: []\n", "holds: [a]\n", True),
    ],
)
def test_what_may_change_unproved(file: str, before: str | None, after: str | None, only: bool) -> None:
    old, new = (None if text is None else text.encode() for text in (before, after))
    assert moves_only_images(file, old, new) is only
