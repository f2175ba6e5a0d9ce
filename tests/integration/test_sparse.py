"""A sparse checkout: what it leaves out is said to be left out, and nothing is judged without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.git import sparse
from tests.integration.tiny import ENVIRONMENT, Tiny, git, promote

pytestmark = pytest.mark.quick
GONE = "no kustomization.yaml in 'overlays/production'; correct the path or add the file"
NO_WEB = "base/kustomization.yaml:1: `resources` names 'web.yaml', which does not exist"
SETTINGS = "this checkout is sparse and leaves out promote.yaml: `git sparse-checkout disable` adds it"
ADD = "; this checkout is sparse and leaves out {0}, for one: `git sparse-checkout add {1}` adds its folder"
PRODUCTION = ADD.format("overlays/production/kustomization.yaml", "overlays/production")
WEB = ADD.format("base/web.yaml", "base")
RULES = "this checkout is sparse and leaves out policies/main.rego, of the rules: `git sparse-checkout add policies`"


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    made = Tiny.make(tmp_path)
    monkeypatch.chdir(made.root)
    return made


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
    tiny: Tiny, capfd: pytest.CaptureFixture[str], left_out: str, command: tuple[str, ...], says: str
) -> None:
    git(tiny.root, "sparse-checkout", "set", "--no-cone", "/*", f"!/{left_out}")
    assert says in promote(capfd, *command, code=2)


def test_a_cone_with_all_that_is_needed(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    git(tiny.root, "sparse-checkout", "set", "--cone", "overlays/staging", "base", "policies")
    assert "0 denied" in promote(capfd, "check", "staging")
    assert "edited overlays/staging" in promote(capfd, "bump", "staging", "web=2.0")
    assert "1 to change" in promote(capfd, "plan", "staging", "production")
    assert "sparse" not in promote(capfd, "check", "nonsense", code=2)
    assert PRODUCTION in promote(capfd, "check", code=2)
    git(tiny.root, "sparse-checkout", "add", "overlays/production")
    assert "0 denied" in promote(capfd, "check")


def test_a_work_tree_that_was_added(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tiny.root, "worktree", "add", "--quiet", "--detach", str(tiny.root.parent / "second"))
    second = tiny.root.parent / "second"
    git(second, "sparse-checkout", "set", "--cone", "overlays/staging")
    assert sparse.left_out(second / "base") == "base/cart.yaml"
    assert sparse.left_out(second / "overlays/staging") == ""
    assert sparse.left_out(tiny.root / "base") == ""


def test_a_file_that_was_brought_back_is_not_left_out(tiny: Tiny) -> None:
    git(tiny.root, "sparse-checkout", "set", "--no-cone", "/*", "!/base/web.yaml")
    assert sparse.left_out(tiny.root) == "base/web.yaml"
    tiny.write({"base/web.yaml": "a: 1\n"})
    assert sparse.left_out(tiny.root) == ""
