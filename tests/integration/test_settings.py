"""Settings that travel with a version, as `with` of promote.yaml lists them: promoted, shown, taken back."""

from __future__ import annotations

import json

import pytest

from tests.integration.tiny import CONFIG, FILES, Tiny, git, promote

STAGING, PRODUCTION = "overlays/staging", "overlays/production"
WITH = """\
forge: {kind: local}
with:
  - {service: web, file: settings.env}
  - {service: web, file: kustomization.yaml, path: configMapGenerator.limits.literals.TIMEOUT}
"""
GENERATED = """\
configMapGenerator:
  - name: settings
    envs: [settings.env]
  - name: limits
    literals: [POOL=5, "TIMEOUT=VALUE"]  # seconds
"""
ENV = "# of the web shop\r\nLEVEL=LEVEL_\r\nFLAG=on\r\n"


def overlay(environment: str, web: str, timeout: str) -> str:
    text = FILES[f"{environment}/kustomization.yaml"].replace('newTag: "1.0"', f'newTag: "{web}"', 1)
    return text + GENERATED.replace("VALUE", timeout)


@pytest.fixture
def tiny(clone: Tiny) -> Tiny:
    """Staging has web 1.1 with settings of its own; production has 1.0."""
    clone.commit(
        {
            "promote.yaml": CONFIG + WITH,
            f"{STAGING}/kustomization.yaml": overlay(STAGING, "1.1", "30s"),
            f"{PRODUCTION}/kustomization.yaml": overlay(PRODUCTION, "1.0", "10s"),
            f"{STAGING}/settings.env": ENV.replace("LEVEL_", "debug"),
            f"{PRODUCTION}/settings.env": ENV.replace("LEVEL_", "info"),
        }
    )
    return clone


def at(tiny: Tiny, file: str) -> str:
    return git(tiny.origin, "show", f"main:{PRODUCTION}/{file}")


def test_settings_travel_where_an_entry_is_not_in_use(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    files = {}
    for where, web, timeout, tag in ((STAGING, "1.1", "30s", "2"), (PRODUCTION, "1.0", "10s", "1")):
        text = overlay(where, web, timeout).replace("images:", f'images:\n  - {{name: shop/gone, newTag: "{tag}"}}')
        files[f"{where}/kustomization.yaml"] = text
    tiny.commit(files)
    out = promote(capfd, "plan", "staging", "production")
    assert "not in use: shop/gone 1→2" in out
    assert f"with web: {PRODUCTION}/settings.env\n      - LEVEL=info\n      + LEVEL=debug" in out
    assert '- "TIMEOUT=10s"' in out


def promoted(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    """Merge a promotion from staging to production, and fetch it."""
    answer = json.loads(promote(capfd, "staging", "production", "--output", "json"))
    promote(capfd, "merge", str(answer["pull_request"]["number"]))
    git(tiny.root, "fetch", "--quiet", "origin")


def test_a_plan_and_a_pull_request_show_the_settings(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    text = promote(capfd, "plan", "staging", "production")
    assert f"with web: {PRODUCTION}/settings.env\n      - LEVEL=info\n      + LEVEL=debug" in text
    assert '- "TIMEOUT=10s"' in text
    answer = json.loads(promote(capfd, "staging", "production", "--output", "json"))
    assert [(one["file"], one["path"], one["diff"]) for one in answer["settings"]] == [
        (f"{PRODUCTION}/settings.env", None, ["- LEVEL=info", "+ LEVEL=debug"]),
        (
            f"{PRODUCTION}/kustomization.yaml",
            "configMapGenerator.limits.literals.TIMEOUT",
            ['- "TIMEOUT=10s"', '+ "TIMEOUT=30s"'],
        ),
    ]
    name = git(tiny.origin, "ls-tree", "--name-only", "refs/promote/pulls").strip()
    body = json.loads(git(tiny.origin, "show", f"refs/promote/pulls:{name}"))["body"]
    assert f"With web: `{PRODUCTION}/settings.env`\n\n```diff\n- LEVEL=info\n+ LEVEL=debug\n```" in body


def test_a_promotion_takes_the_settings_along(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    promoted(tiny, capfd)
    assert (tiny.root / STAGING / "settings.env").read_bytes().decode() == ENV.replace("LEVEL_", "debug")
    assert at(tiny, "settings.env") == git(tiny.origin, "show", f"main:{STAGING}/settings.env")
    assert at(tiny, "kustomization.yaml") == overlay(PRODUCTION, "1.1", "30s")
    promote(capfd, "verify", "origin/main")
    assert "same versions" in promote(capfd, "drift", "staging", "production")
    assert len(json.loads(promote(capfd, "history", "production", "--output", "json"))["revisions"]) == 2


def test_a_rollback_takes_the_settings_back(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    promoted(tiny, capfd)
    text = promote(capfd, "rollback", "production", "web", "--reason", "slow")
    assert "- LEVEL=debug" in text
    assert at(tiny, "kustomization.yaml") == overlay(PRODUCTION, "1.0", "10s")
    assert "LEVEL=info" in at(tiny, "settings.env")
    git(tiny.root, "fetch", "--quiet", "origin")
    promote(capfd, "verify", "origin/main")


def test_settings_wait_for_the_next_version(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    tiny.commit({f"{PRODUCTION}/kustomization.yaml": overlay(PRODUCTION, "1.1", "30s")})
    waits = (
        f"settings.env differs ({STAGING}/settings.env, {PRODUCTION}/settings.env): it travels with the next version"
    )
    text = promote(capfd, "plan", "staging", "production")
    assert f"not moved: {waits} of web" in text
    assert "has everything that can be moved already" in text
    assert waits in promote(capfd, "drift", "staging", "production", code=1)
    tiny.commit({f"{STAGING}/kustomization.yaml": overlay(STAGING, "1.1", "30s").replace('"1.0"', '"2.0"')})
    assert "settings" not in promote(capfd, "plan", "staging", "production", "--only", "cart")


def test_what_one_environment_lacks_is_said(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    more = "  - {service: web, file: settings.env, path: ONLY_HERE}\n  - {service: wep, file: settings.env}\n"
    tiny.commit(
        {"promote.yaml": CONFIG + WITH + more, f"{STAGING}/settings.env": ENV.replace("LEVEL_", "x") + "ONLY_HERE=1"}
    )
    text = promote(capfd, "plan", "staging", "production", "--only", "web")
    assert "no image or service is called 'wep'" in text


def test_secrets_are_not_shown_and_images_are_refused(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    secret = overlay(PRODUCTION, "1.0", "10s").replace("configMapGenerator", "secretGenerator")
    tiny.commit({f"{PRODUCTION}/kustomization.yaml": secret})
    text = promote(capfd, "plan", "staging", "production", code=0)
    assert f"with web: {PRODUCTION}/settings.env\n      (a secret: not shown)" in text
    assert "debug" not in text
    config = CONFIG + "with: [{service: web, file: kustomization.yaml}]\n"
    tiny.commit({"promote.yaml": config})
    assert "give the `path` of the setting alone" in promote(capfd, "plan", "staging", "production", code=2)


def test_a_second_promotion_keeps_the_settings_of_the_first(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    tiny.commit({f"{STAGING}/kustomization.yaml": overlay(STAGING, "1.1", "30s").replace('"1.0"', '"2.0"')})
    promote(capfd, "staging", "production", "--only", "web")
    tiny.commit({f"{STAGING}/settings.env": ENV.replace("LEVEL_", "trace")})
    answer = json.loads(promote(capfd, "staging", "production", "--only", "cart", "--output", "json"))
    assert answer["settings"][0]["diff"] == ["- LEVEL=info", "+ LEVEL=debug"]
    promote(capfd, "merge", str(answer["pull_request"]["number"]))
    assert "LEVEL=debug" in at(tiny, "settings.env")


@pytest.mark.quick
def test_a_change_beyond_the_settings_is_no_promotion(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    tiny.commit(
        {
            f"{PRODUCTION}/kustomization.yaml": overlay(PRODUCTION, "1.1", "30s").replace("POOL=5", "POOL=6"),
            f"{PRODUCTION}/settings.env": ENV.replace("LEVEL_", "debug"),
        }
    )
    text = promote(capfd, "verify", "HEAD", code=3)
    assert "kustomization.yaml changes beyond its versions" in text
    assert "settings.env" not in text


def test_a_setting_moves_no_image(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    replaced = (
        "replacements:\n  - source: {kind: ConfigMap, name: limits, fieldPath: data.TIMEOUT}\n"
        "    targets: [{select: {kind: Deployment, name: cart}, "
        "fieldPaths: [spec.template.spec.containers.0.image]}]\n"
    )
    tiny.commit({f"{PRODUCTION}/kustomization.yaml": overlay(PRODUCTION, "1.0", "10s") + replaced})
    said = "the settings that travel with the versions would also move to 30s"
    assert said in promote(capfd, "plan", "staging", "production", "--only", "web", code=3)


def test_settings_of_an_environment_on_a_branch(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    git(tiny.root, "push", "--quiet", "origin", "HEAD:production")
    config = CONFIG.replace("production}", "production, branch: production}")
    tiny.commit({"promote.yaml": config + WITH})
    tiny.commit({f"{STAGING}/kustomization.yaml": overlay(STAGING, "1.1", "30s").replace('"1.0"', '"2.0"')})
    promote(capfd, "staging", "production", "--only", "web")
    answer = json.loads(promote(capfd, "staging", "production", "--only", "cart", "--output", "json"))
    assert answer["settings"][0]["diff"] == ["- LEVEL=info", "+ LEVEL=debug"]
    promote(capfd, "merge", str(answer["pull_request"]["number"]))
    place = f"production:{PRODUCTION}/settings.env"
    assert "LEVEL=debug" in git(tiny.origin, "show", place)
    promote(capfd, "rollback", "production", "web", "--reason", "slow")
    assert "LEVEL=info" in git(tiny.origin, "show", place)
