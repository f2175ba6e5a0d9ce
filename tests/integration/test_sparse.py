"""A sparse checkout: what it leaves out is said to be left out, and nothing is judged without it."""

from __future__ import annotations

import pytest

from promote.git import sparse
from tests.integration.sandbox import Shim
from tests.integration.tiny import CONFIG, DEPLOYMENT, Tiny, git, promote

pytestmark = pytest.mark.quick
GONE = "no kustomization.yaml in 'overlays/production'; correct the path or add the file"
NO_WEB = "base/kustomization.yaml:1: `resources` names 'web.yaml', which does not exist"
SETTINGS = "this checkout is sparse and leaves out promote.yaml: `git sparse-checkout disable` adds it"
ADD = "; this checkout is sparse and leaves out {0}, for example: `git sparse-checkout add {1}` adds its folder"
PRODUCTION = ADD.format("overlays/production/kustomization.yaml", "overlays/production")
WEB = ADD.format("base/web.yaml", "base")
RULES = "this checkout is sparse and leaves out policies/main.rego, of the rules: `git sparse-checkout add policies`"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("left_out", "command", "says"),
    [
        ("overlays/production/", ("check",), f"{GONE}{PRODUCTION}"),
        ("overlays/production/", ("bump", "production", "web=2.0"), PRODUCTION),
        ("overlays/production/", ("diff", "production"), PRODUCTION),
        ("overlays/production/", ("check", "overlays/production"), f"file 'overlays/production'{PRODUCTION}"),
        ("base/web.yaml", ("check", "staging"), f"{NO_WEB}{WEB}"),
        ("base/web.yaml", ("bump", "staging", "web=2.0"), WEB),
        ("promote.yaml", ("check",), SETTINGS),
        ("policies/main.rego", ("check",), RULES),
        ("policies/main.rego", ("check", "--base", "origin/main"), RULES),
    ],
)  # fmt: skip
def test_what_is_left_out_is_named(
    clone: Tiny, capfd: pytest.CaptureFixture[str], left_out: str, command: tuple[str, ...], says: str
) -> None:
    git(clone.root, "sparse-checkout", "set", "--no-cone", "/*", f"!/{left_out}")
    assert says in promote(capfd, *command, code=2)


def test_a_cone_with_all_that_is_needed(clone: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    git(clone.root, "sparse-checkout", "set", "--cone", "overlays/staging", "base", "policies")
    assert "0 denied" in promote(capfd, "check", "staging")
    assert "edited overlays/staging" in promote(capfd, "bump", "staging", "web=2.0")
    assert "1 to change" in promote(capfd, "plan", "staging", "production")
    assert "sparse" not in promote(capfd, "check", "nonsense", code=2)
    assert PRODUCTION in promote(capfd, "check", code=2)
    git(clone.root, "sparse-checkout", "add", "overlays/production")
    assert "0 denied" in promote(capfd, "check")


LEFT_OUT = "this checkout is sparse and leaves out"
APPS = CONFIG.replace("overlays/staging", '"apps/*/staging"')
OVERLAY = "resources: [../../../base]\nimages: [{name: shop/web, newTag: '1.0'}]\n"
WEEKEND = "{start: Friday 16:00, end: Monday 06:00, timezone: UTC, reason: weekend}"
FROZEN = f"production: {{path: overlays/production, gates: {{freeze: [{WEEKEND}]}}}}"
PROJECT = "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: default}\nspec:\n  description: x\n"
APPLICATION = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: NAME}\n"
    "spec: {project: default, source: {path: overlays/production}}\n"
)
FLUX = (
    "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: NAME}\n"
    "spec: {path: ./overlays/production}\n"
)
HOLD = "holds: [{environment: staging/one, image: shop/web, version: '2.0', reason: slow, since: '2026-01-01'}]\n"


@pytest.mark.parametrize(
    ("left_out", "command", "says"),
    [
        ("plain/b.yaml", ("check", "plain"), f"{LEFT_OUT} plain/b.yaml"),
        ("apps/two/", ("check",), f"{LEFT_OUT} apps/two/staging/kustomization.yaml"),
        ("apps/two/", ("check", "staging"), f"{LEFT_OUT} apps/two/staging/kustomization.yaml"),
        ("holds.yaml", ("bump", "staging/one", "web=2.0"), f"{LEFT_OUT} holds.yaml"),
        ("argocd/two.yaml", ("windows", "argocd/project.yaml"), f"{LEFT_OUT} argocd/two.yaml, which may have an App"),
        ("flux/two.yaml", ("windows", "flux"), f"{LEFT_OUT} flux/two.yaml"),
    ],
)
def test_what_is_left_out_is_not_taken_for_absent(
    clone: Tiny, capfd: pytest.CaptureFixture[str], left_out: str, command: tuple[str, ...], says: str
) -> None:
    """The rest alone would pass the check, miss the hold or be stopped in a freeze."""
    clone.commit(
        {
            "promote.yaml": APPS.replace("production: {path: overlays/production}", FROZEN),
            "holds.yaml": HOLD,
            **{f"plain/{name}.yaml": DEPLOYMENT.format(name=name) for name in "ab"},
            **{f"apps/{name}/staging/kustomization.yaml": OVERLAY for name in ("one", "two")},
            **{f"argocd/{name}.yaml": APPLICATION.replace("NAME", name) for name in ("one", "two")},
            **{f"flux/{name}.yaml": FLUX.replace("NAME", name) for name in ("one", "two")},
            "argocd/project.yaml": PROJECT,
            "other/settings.yaml": "a: 1\n",
            "plain/notes.txt": "none\n",
        }
    )
    whole = 4 if command[0] == "bump" else 0
    promote(capfd, *command, code=whole)
    git(clone.root, "sparse-checkout", "set", "--no-cone", "/*", f"!/{left_out}")
    assert says in promote(capfd, *command, code=2)
    git(clone.root, "sparse-checkout", "set", "--no-cone", "/*", "!/other/", "!/plain/notes.txt")
    promote(capfd, *command, code=whole)


def test_a_work_tree_that_was_added(clone: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    git(clone.root, "worktree", "add", "--quiet", "--detach", str(clone.root.parent / "second"))
    second = clone.root.parent / "second"
    git(second, "sparse-checkout", "set", "--cone", "overlays/staging")
    assert sparse.left_out(second / "base") == "base/cart.yaml"
    assert sparse.left_out(second / "overlays/staging") == ""
    assert sparse.left_out(clone.root / "base") == ""


def test_a_file_that_was_brought_back_is_not_left_out(clone: Tiny) -> None:
    git(clone.root, "sparse-checkout", "set", "--no-cone", "/*", "!/base/web.yaml")
    assert sparse.left_out(clone.root) == "base/web.yaml"
    clone.write({"base/web.yaml": "a: 1\n"})
    assert sparse.left_out(clone.root) == ""


FOUND = "production: {path: overlays/production}"


def test_environments_that_are_left_out_are_found(clone: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    """Without promote.yaml, a check of the others would pass, and `init` would write no more than them."""
    git(clone.root, "rm", "--quiet", "promote.yaml")
    clone.commit({"notes/kustomization.yaml/x": "", ".hidden/kustomization.yaml": "resources: []\n"})
    whole = promote(capfd, "init", "--dry-run")
    assert FOUND in whole
    git(clone.root, "sparse-checkout", "set", "--cone", "overlays/staging", "base", "policies")
    assert promote(capfd, "init", "--dry-run") == whole
    assert f"no kustomization.yaml in 'overlays/production'; correct the path or add the file{PRODUCTION}" in promote(
        capfd, "check", code=2
    )
    assert "0 denied" in promote(capfd, "check", "staging")
    git(clone.root, "sparse-checkout", "set", "--cone", "policies")
    assert promote(capfd, "init", "--dry-run") == whole


def test_a_kustomization_that_is_left_out_and_not_read_is_reported(
    clone: Tiny, capfd: pytest.CaptureFixture[str]
) -> None:
    git(clone.root, "rm", "--quiet", "promote.yaml")
    clone.commit({"overlays/qa/kustomization.yaml": "# " + "x" * (1 << 20)})
    git(clone.root, "sparse-checkout", "set", "--cone", "base")
    assert "overlays/qa/kustomization.yaml cannot be read" in promote(capfd, "init", "--dry-run")


@pytest.mark.parametrize("number", [1, 30])
def test_git_is_started_once_for_all_that_is_left_out(
    clone: Tiny, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, shim: Shim, number: int
) -> None:
    git(clone.root, "rm", "-r", "--quiet", "promote.yaml", "overlays")
    overlay = "resources: [../../base]\npatches: [{path: version.yaml}]\n"
    version = DEPLOYMENT.format(name="web").replace("shop/web", "'shop/web:1'")
    app = {
        "base/kustomization.yaml": "resources: [web.yaml]\n",
        "base/web.yaml": DEPLOYMENT.format(name="web"),
        "overlays/staging/kustomization.yaml": overlay,
        "overlays/staging/version.yaml": version,
        "overlays/qa/kustomization.yaml": overlay,
        "overlays/qa/version.yaml": version,
        "empty/kustomization.yaml": "",
    }
    clone.commit({f"apps/a{n}/{file}": text for n in range(number) for file, text in app.items()})
    git(clone.root, "sparse-checkout", "set", "--cone", "base")
    for name, value in shim.env.items():
        monkeypatch.setenv(name, value)
    found = promote(capfd, "init", "--dry-run")
    assert f"apps/{'*' if number > 1 else 'a0'}/overlays/staging" in found
    assert "cannot be read" not in found
    assert sum("cat-file" in call for call in shim.calls) == 4  # sizes and contents, for the settings and for init
