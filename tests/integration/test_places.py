"""Where promote may be run, and that it leaves the place as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.sandbox import BRANCH, KUSTOMIZATION, Clone, Sandbox, tiny_overlay

PROMOTED = tiny_overlay("production", "1.2.0", "2.1.0")


def make_a_mess(clone: Clone) -> None:
    """Leave everything behind that a user may have: staged, changed and new files, a stash, FETCH_HEAD, a tag."""
    clone.replace(KUSTOMIZATION, "2.0.0", "2.0.1")
    clone.git("stash", "--quiet")
    clone.git("fetch", "--quiet", "origin", "main")
    clone.git("tag", "-a", "mine", "-m", "not for others")
    clone.write("staged.txt", "staged")
    clone.git("add", "staged.txt")
    clone.write("staged.txt", "and changed")
    clone.replace("base/kustomization.yaml", "resources", "# mine\nresources")
    clone.write("untracked.txt", "untracked")
    clone.git("config", "push.followTags", "true")
    clone.git("config", "fetch.prune", "true")
    clone.git("config", "core.splitIndex", "true")
    # Its entry in the index is out of date now: a command that may write the index would correct it.
    os.utime(clone.root / "promote.yaml", (1, 1))


@pytest.mark.parametrize(
    "arguments",
    [
        ["staging", "production"],
        ["bump", "production", "web=2.5.0", "--commit"],
        ["hold", "production", "api=1.2.0", "--reason", "no"],
        ["history", "production"],
        ["status"],
    ],
    ids=lambda arguments: str(arguments[0]),
)
def test_nothing_of_the_clone_changes(tiny: Sandbox, arguments: list[str]) -> None:
    make_a_mess(tiny)
    elsewhere = tiny.clone("elsewhere")
    elsewhere.write("new.txt", "pushed by somebody else")
    elsewhere.publish()
    before = tiny.snapshot()
    tiny.promote(*arguments)
    assert tiny.snapshot() == before
    assert tiny.at_origin("tag") == ""


def test_neither_does_it_on_a_detached_head_or_in_another_branch(tiny: Sandbox) -> None:
    tiny.git("checkout", "--quiet", "--detach")
    before = tiny.snapshot()
    tiny.promote("staging", "production")
    assert tiny.snapshot() == before
    assert tiny.show() == PROMOTED


def test_the_users_hooks_do_not_run(tiny: Sandbox) -> None:
    for name in ("pre-push", "pre-commit", "commit-msg", "post-index-change", "reference-transaction"):
        hook = tiny.root / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\necho {name} >> {tiny.root.parent}/hooks-that-ran\nexit 1\n")
        hook.chmod(0o755)
    tiny.promote("staging", "production")
    assert not (tiny.root.parent / "hooks-that-ran").exists()


def test_from_a_linked_worktree(tiny: Sandbox) -> None:
    tiny.git("worktree", "add", "--quiet", str(tiny.root.parent / "linked"))
    before = tiny.snapshot()
    tiny.promote("staging", "production", cwd=tiny.root.parent / "linked")
    tiny.promote("history", "production", cwd=tiny.root.parent / "linked")
    assert tiny.snapshot() == before
    assert tiny.show() == PROMOTED


def test_from_a_subfolder(tiny: Sandbox) -> None:
    tiny.promote("staging", "production", cwd=tiny.root / "overlays")
    assert tiny.show() == PROMOTED


def test_from_a_path_with_spaces_and_quotes(tiny: Sandbox) -> None:
    place = tiny.root.parent / 'a b\'s "c" ü'
    tiny.root.rename(place)
    moved = Sandbox(place, tiny.env)
    moved.promote("staging", "production")
    assert moved.show() == PROMOTED


@pytest.mark.parametrize("arguments", [["staging", "production"], ["history", "production"]])
def test_inside_a_hook_of_another_repository(tiny: Sandbox, tmp_path: Path, arguments: list[str]) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "other")], check=True, env=os.environ | dict(tiny.env))
    other = tmp_path / "other/.git"
    inherited = {
        "GIT_DIR": str(other),
        "GIT_WORK_TREE": str(tmp_path / "other"),
        "GIT_INDEX_FILE": str(other / "index"),
        "GIT_OBJECT_DIRECTORY": str(other / "objects"),
        "GIT_PREFIX": "overlays/",
    }
    before = tiny.snapshot()
    done = tiny.finish(*arguments, env=inherited)
    assert done.code == 0, done.err
    assert tiny.snapshot() == before
    assert sorted(path.name for path in (other / "objects").iterdir()) == ["info", "pack"]


def test_inside_a_real_hook(tiny: Sandbox) -> None:
    hook = tiny.root / ".git/hooks/pre-commit"
    hook.write_text('#!/bin/sh\nexec "$PROMOTE_PYTHON" -m promote staging production\n')
    hook.chmod(0o755)
    tiny.write("file.txt", "committed")
    tiny.git("add", "file.txt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROMOTE_PYTHON", sys.executable)
        tiny.git("commit", "--quiet", "-m", "by a hook")
    assert tiny.show() == PROMOTED
    assert tiny.git("show", "--name-only", "--format=") == "file.txt"


def test_without_promote_yaml_folders_are_environments(tiny: Sandbox) -> None:
    tiny.git("rm", "--quiet", "promote.yaml")
    tiny.publish()
    branch = "promote/staging-to-production"
    answer = tiny.promote("overlays/staging", "overlays/production/", "--output", "json").json
    assert (answer["from"], answer["to"], answer["branch"]) == ("staging", "production", branch)
    assert tiny.show(branch=branch) == PROMOTED
    assert "is merged" in tiny.promote("merge", "1").out
    assert tiny.show(branch="main") == PROMOTED
    tiny.promote("rollback", "overlays/production", "--all")
    assert tiny.show(branch="main") == tiny_overlay("production", "1.1.0", "2.0.0")
    assert "is held" in tiny.promote("overlays/staging/", "./overlays/production", code=4).err


def test_a_merge_without_promote_yaml_is_checked_too(tiny: Sandbox) -> None:
    tiny.git("rm", "--quiet", "promote.yaml")
    tiny.publish()
    tiny.promote("overlays/staging", "overlays/production")
    tiny.replace(KUSTOMIZATION, "images:", "images:  # a bad base\n  - {name: shop/other, newTag: latest}")
    tiny.replace("base/deployments.yaml", "image: shop/api}", "image: shop/api}, {name: other, image: shop/other}")
    tiny.publish()
    assert "1 finding was there before" in tiny.promote("merge", "1").out
    assert tiny.pulls()[1]["state"] == "merged"


def test_outside_of_a_clone_and_without_a_remote(tiny: Sandbox, tmp_path: Path) -> None:
    assert "not in a Git repository" in tiny.promote("status", cwd=tmp_path, code=2).err
    tiny.git("remote", "rename", "origin", "upstream")
    assert "no remote 'origin'" in tiny.promote("staging", "production", code=2).err
    assert "HEAD is used instead" in tiny.promote("plan", "staging", "production").out


@pytest.mark.quick
def test_a_remote_without_the_shared_branch_or_that_is_gone(tiny: Sandbox) -> None:
    tiny.write("promote.yaml", tiny.read("promote.yaml") + "git: {branch: trunk}\n")
    assert "'origin' has no branch 'trunk'" in tiny.promote("staging", "production", code=2).err
    tiny.git("remote", "set-url", "origin", str(tiny.root / "nowhere"))
    assert "git ls-remote failed" in tiny.promote("staging", "production", code=6).err


def test_a_bump_edits_only_the_checkout(tiny: Sandbox) -> None:
    tiny.replace(KUSTOMIZATION, "1.1.0", "1.1.9")
    (tiny.root / KUSTOMIZATION).chmod(0o640)
    refs = tiny.at_origin("for-each-ref")
    assert "edited overlays/production/kustomization.yaml" in tiny.promote("bump", "production", "web=2.7.0").out
    assert tiny.read(KUSTOMIZATION) == tiny_overlay("production", "1.1.9", "2.7.0")
    assert (tiny.root / KUSTOMIZATION).stat().st_mode & 0o777 == 0o640
    assert "whose tag can change" in tiny.promote("bump", "production", "web=latest", code=3).err
    assert tiny.promote("bump", "production", "web=latest", "--dry-run", code=3).err == ""
    assert tiny.read(KUSTOMIZATION) == tiny_overlay("production", "1.1.9", "2.7.0")
    assert tiny.at_origin("for-each-ref") == refs
    assert tiny.git("status", "--porcelain") == f"M {KUSTOMIZATION}"


def test_diff_compares_the_checkout_with_the_shared_branch(tiny: Sandbox) -> None:
    assert "production: no difference" in tiny.promote("diff").out
    tiny.replace(KUSTOMIZATION, "1.1.0", "1.1.9")
    done = tiny.promote("diff", "production", "--output", "json", code=1)
    assert [(one["old"], one["new"]) for one in done.json["environments"]["production"]] == [
        ("shop/api:1.1.0", "shop/api:1.1.9")
    ]


def test_status_shows_what_waits(tiny: Sandbox) -> None:
    tiny.promote("hold", "production", "web=2.1.0", "--reason", "slow")
    tiny.promote("staging", "production", "--exclude", "web")
    answer = tiny.promote("status", "--output", "json").json
    assert answer["pending"] == [{"from": "staging", "to": "production", "services": ["api"]}]
    assert [pull["branch"] for pull in answer["pull_requests"]] == [BRANCH]
    assert [(hold["image"], hold["reason"]) for hold in answer["holds"]] == [("shop/web", "slow")]
