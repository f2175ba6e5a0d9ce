"""Others act between the moment a change is decided and the moment it is pushed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from promote.forge.local import Local
from promote.git.repository import Repository
from tests.integration.sandbox import BRANCH, Clone, Sandbox, Shim, tiny_overlay
from tests.load import patience

ONCE = "[ ! -e {mark} ] || exit 0\ntouch {mark}\n"


def once(tiny: Sandbox, script: str) -> str:
    return ONCE.format(mark=tiny.root.parent / "acted") + script


def rival(clone: Clone, *arguments: str) -> str:
    """A script in which somebody else runs promote in a clone of theirs, on another machine.

    There, nobody waits for the turn of this one. The rest of the cache is only to save time.
    """
    cache, temporary = clone.root / ".git/cache", clone.root / ".git/temporary"
    return f"""\
mkdir '{cache}' '{temporary}'
for one in "$PROMOTE_CACHE"/*; do [ "${{one##*/}}" = turns ] || ln -s "$one" '{cache}'; done
cd '{clone.root}'
TMPDIR='{temporary}' PROMOTE_CACHE='{cache}' '{sys.executable}' -m promote {" ".join(arguments)}"""


def pushes(shim: Shim) -> int:
    return sum(" push " in call for call in shim.calls)


def test_a_version_that_reaches_staging_meanwhile_is_promoted_too(tiny: Sandbox, shim: Shim) -> None:
    other = tiny.clone("other")
    other.replace("overlays/staging/kustomization.yaml", "1.2.0", "1.3.0")
    other.commit("newer")
    script = once(tiny, f"git -C '{other.root}' push --quiet origin main")
    done = tiny.finish("staging", "production", env=shim.before_each("push", script))
    assert done.code == 0, done
    assert tiny.show() == tiny_overlay("production", "1.3.0", "2.1.0")
    assert tiny.at_origin("rev-parse", f"{BRANCH}^") == tiny.tip()
    assert list(tiny.pulls()) == [1]


def test_a_hold_that_arrives_meanwhile_blocks(tiny: Sandbox, shim: Shim) -> None:
    script = once(tiny, rival(tiny.clone("other"), "hold", "production", "api=1.2.0", "--reason", "'it leaks'"))
    done = tiny.finish("staging", "production", env=shim.before_each("push", script))
    assert (done.code, "it leaks" in done.err) == (4, True), done
    assert list(tiny.branches()) == ["main"]
    assert tiny.pulls() == {}


def test_a_rule_that_arrives_meanwhile_denies(tiny: Sandbox, shim: Shim) -> None:
    other = tiny.clone("other")
    rule = other.root / "policies/images/tag.rego"
    rule.write_text(rule.read_text().replace('image.tag == "latest"', 'image.tag == "1.2.0"'))
    other.commit("a stricter rule")
    script = once(tiny, f"git -C '{other.root}' push --quiet origin main")
    done = tiny.finish("staging", "production", env=shim.before_each("push", script))
    assert (done.code, "whose tag can change" in done.err) == (3, True), done
    assert list(tiny.branches()) == ["main"]


def test_a_direct_commit_is_decided_anew_never_rebased(tiny: Sandbox, shim: Shim) -> None:
    script = once(tiny, rival(tiny.clone("other"), "bump", "production", "web=3.0.0", "--commit"))
    done = tiny.finish("bump", "production", "api=1.5.0", "--commit", env=shim.before_each("push", script))
    assert done.code == 0, done
    assert tiny.show(branch="main") == tiny_overlay("production", "1.5.0", "3.0.0")
    assert "Source-Commit: " + tiny.at_origin("rev-parse", "main^") in tiny.at_origin(
        "log", "-1", "--format=%B", "main"
    )


@pytest.mark.thorough
def test_two_who_roll_the_same_back_do_it_once(tiny: Sandbox, shim: Shim) -> None:
    for version in ("api=1.2.0", "api=1.3.0"):
        tiny.promote("bump", "production", version, "--commit")
    script = once(tiny, rival(tiny.clone("other"), "rollback", "production", "api"))
    done = tiny.finish("rollback", "production", "api", env=shim.before_each("push", script))
    assert done.code == 0, done
    assert tiny.show(branch="main") == tiny_overlay("production", "1.2.0", "2.0.0")
    assert tiny.at_origin("rev-list", "--count", "main") == "4"


@pytest.mark.thorough
def test_a_rollback_of_what_no_longer_runs_is_blocked(tiny: Sandbox, shim: Shim) -> None:
    tiny.promote("bump", "production", "api=1.2.0", "--commit")
    script = once(tiny, rival(tiny.clone("other"), "bump", "production", "api=1.3.0", "--commit"))
    done = tiny.finish("rollback", "production", "api", env=shim.before_each("push", script))
    assert done.code == 4, done
    assert "shop/api was moved to 1.3.0 while its rollback from 1.2.0 was planned" in done.err
    assert tiny.show(branch="main") == tiny_overlay("production", "1.3.0", "2.0.0")


def test_it_gives_up_only_after_the_deadline(tiny: Sandbox, shim: Shim) -> None:
    other = tiny.clone("other")
    script = f"cd '{other.root}'\ngit commit --quiet --allow-empty -m more\ngit push --quiet origin main"
    limit = f"{patience(3):.0f}"
    for arguments in (["staging", "production"], ["hold", "production", "api=1.2.0", "--reason", "no"]):
        env = shim.before_each("push", script) | {"PROMOTE_RACE_TIMEOUT": limit, "GIT_AUTHOR_NAME": "Rival"}
        done = tiny.finish(*arguments, env=env)
        tried = pushes(shim)
        assert (done.code, tried > 1) == (5, True), done
        assert f"tried {tried} times, and each time a branch of 'origin' had moved, by Rival" in done.err
        assert f"PROMOTE_RACE_TIMEOUT is {limit} s" in done.err
    assert list(tiny.branches()) == ["main"]


@pytest.mark.thorough
def test_a_lock_that_a_crash_left_ends_before_the_deadline(tiny: Sandbox) -> None:
    (tiny.origin / "refs/heads/main.lock").touch()
    done = tiny.finish("bump", "production", "api=1.5.0", "--commit")
    assert done.code == 5, done
    # And not that somebody else was faster.
    assert "promote: 'origin' cannot lock the branch" in done.err


def test_the_branch_of_a_faster_promoter_is_not_overwritten(tiny: Sandbox, shim: Shim) -> None:
    script = once(tiny, rival(tiny.clone("other"), "staging", "production", "--only", "web"))
    done = tiny.finish("staging", "production", "--only", "api", env=shim.before_each("push", script))
    assert done.code == 0, done
    assert pushes(shim) == 3  # lost to the rival's branch; then the branch, then the pull request's new title
    assert tiny.show() == tiny_overlay("production", "1.2.0", "2.1.0")
    both = "promote: staging → production (api 1.1.0→1.2.0, +1)"
    assert [pull["title"] for pull in tiny.pulls().values()] == [both]


def test_a_branch_that_moves_between_asking_and_fetching(tiny: Sandbox, shim: Shim) -> None:
    other = tiny.clone("other")  # our own clone has not seen the branch
    other.promote("staging", "production")
    script = once(tiny, rival(other, "staging", "production", "--only", "web"))
    done = tiny.finish("staging", "production", env=shim.before_each("fetch", script))
    assert done.code == 0, done
    assert tiny.show() == tiny_overlay("production", "1.2.0", "2.1.0")


@pytest.mark.quick
def test_only_what_is_not_here_is_fetched(tiny: Sandbox, shim: Shim) -> None:
    def status() -> tuple[bool, bool]:
        done = tiny.finish("status", env=shim.env)
        assert done.code == 0, done
        return any(" fetch " in call for call in shim.calls), "1.3.0" in done.out

    assert status() == (False, False)
    other = tiny.clone("other")
    other.write("overlays/staging/kustomization.yaml", tiny_overlay("staging", "1.3.0", "2.1.0"))
    other.commit("faster")
    other.git("push", "--quiet", "origin", "main")
    # Of the new commit, this clone has nothing but the object itself.
    commit = subprocess.run(
        ["git", "-C", str(other.root), "cat-file", "commit", "HEAD"], capture_output=True, check=True
    )
    stored = ["git", "-C", str(tiny.root), "hash-object", "-w", "-t", "commit", "--stdin"]
    subprocess.run(stored, input=commit.stdout, capture_output=True, check=True)
    assert status() == (True, True)


@pytest.mark.thorough
def test_a_branch_that_is_merged_between_asking_and_fetching(tiny: Sandbox, shim: Shim) -> None:
    other = tiny.clone("other")  # our own clone has not seen the branch
    other.promote("staging", "production")
    script = once(tiny, rival(other, "merge", "1"))
    done = tiny.finish("staging", "production", env=shim.before_each("fetch", script))
    assert (done.code, "nothing to do" in done.out) == (0, True), done
    assert list(tiny.branches()) == ["main"]


def test_a_merge_checks_again_on_a_base_that_moved(tiny: Sandbox, shim: Shim) -> None:
    tiny.promote("staging", "production")
    script = once(tiny, rival(tiny.clone("other"), "hold", "production", "api=1.2.0", "--reason", "'it leaks'"))
    done = tiny.finish("merge", "1", env=shim.before_each("push", script))
    assert (done.code, "it leaks" in done.err) == (4, True), done
    assert tiny.pulls()[1]["state"] == "open"


def test_a_pull_request_that_moves_while_it_is_judged_is_not_merged(tiny: Sandbox, shim: Shim) -> None:
    tiny.promote("staging", "production")
    judged, base = tiny.tip(BRANCH), tiny.tip()
    other = tiny.clone("other", "--branch", BRANCH)
    other.replace("overlays/production/kustomization.yaml", "2.1.0", "2.2.0")
    moved = other.commit("another version")
    script = once(tiny, f"git -C '{other.root}' push --quiet origin {BRANCH}")
    done = tiny.finish("merge", "1", env=shim.before_each("push", script))
    assert (done.code, done.out) == (5, ""), done
    assert f"from {judged[:12]} to {moved[:12]}: nothing was merged" in done.err
    assert (tiny.tip(), tiny.pulls()[1]["state"]) == (base, "open")
    assert "web 2.0.0→2.2.0" in tiny.promote("merge", "1").out


@pytest.mark.parametrize("how", ["rewound", "replaced"])
def test_a_target_that_is_rewritten_while_a_pull_request_is_judged(tiny: Sandbox, shim: Shim, how: str) -> None:
    """What was taken out of it is in the branch, and would come back with the merge."""
    old = tiny.tip()
    other = tiny.at_origin("commit-tree", "main^{tree}", "-m", "another history")
    judged = tiny.stage("api", "1.2.0", "1.9.0")
    tiny.promote("staging", "production")
    head, new = tiny.tip(BRANCH), old if how == "rewound" else other
    script = once(tiny, f"git --git-dir '{tiny.origin}' update-ref refs/heads/main {new}")
    done = tiny.finish("merge", "1", env=shim.before_each("push", script))
    said = f"the branch main has moved while pull request #1 was judged, from {judged[:12]} to {new[:12]}, which is"
    assert (done.code, done.out, said in done.err) == (5, "", True), done
    assert (tiny.tip(), tiny.tip(BRANCH), tiny.pulls()[1]["state"]) == (new, head, "open")


@pytest.mark.quick
def test_a_pull_request_of_a_target_that_was_rewound_brings_nothing_back(tiny: Sandbox) -> None:
    old, gone = tiny.tip(), tiny.stage("api", "1.2.0", "1.9.0")
    tiny.promote("staging", "production")
    tiny.at_origin("update-ref", "refs/heads/main", old)
    said = f"pull request #1 was decided on {gone[:12]}, which main has lost: a merge would bring it back"
    assert said in tiny.promote("merge", "1", code=4).err
    assert tiny.tip() == old
    tiny.promote("staging", "production")
    assert "api 1.1.0→1.2.0" in tiny.promote("merge", "1").out
    assert "1.9.0" not in tiny.at_origin("log", "--format=%B", "--patch", "main")


def test_a_pull_request_without_a_common_history(tiny: Sandbox) -> None:
    tiny.promote("staging", "production")
    other = tiny.at_origin("commit-tree", "main^{tree}", "-m", "another history")
    tiny.at_origin("update-ref", "refs/heads/main", other)
    assert "one of the branches was replaced" in tiny.promote("merge", "1", code=2).err
    tiny.promote("staging", "production")
    tiny.promote("merge", "1")
    assert tiny.show(branch="main") == tiny_overlay("production", "1.2.0", "2.1.0")


def test_what_was_decided_on_the_shared_branch_may_go_to_another_one(tiny: Sandbox) -> None:
    tiny.at_origin("branch", "stable", "main")
    tiny.promote("bump", "staging", "api=1.9.0", "--commit")
    tiny.promote("bump", "staging", "api=1.9.1", "--commit")
    Local(Repository.containing(tiny.root), "origin").open("main", "stable", "a release", "")
    assert "staging: api 1.2.0→1.9.1" in tiny.promote("merge", "1").out


@pytest.mark.thorough
def test_eight_promoters_at_once_leave_one_branch_and_one_pull_request(tiny: Sandbox) -> None:
    clones = [tiny.clone(f"promoter-{number}") for number in range(8)]
    running = [clone.start("staging", "production", "--output", "json") for clone in clones]
    done = [(child.communicate(timeout=60), child.returncode) for child in running]
    assert [code for _, code in done] == [0] * 8, done
    assert sorted(tiny.branches()) == ["main", BRANCH]
    assert {number: pull["state"] for number, pull in tiny.pulls().items()} == {1: "open"}
    assert tiny.show() == tiny_overlay("production", "1.2.0", "2.1.0")


def test_commits_made_at_once_all_arrive(tiny: Sandbox) -> None:
    clones = [tiny.clone(f"promoter-{number}") for number in range(3)]
    versions = ["api=7.0.0", "web=8.0.0", "api=7.0.0"]
    running = [
        clone.start("bump", "production", version, "--commit")
        for clone, version in zip(clones, versions, strict=True)
    ]
    done = [(child.communicate(timeout=60), child.returncode) for child in running]
    assert [code for _, code in done] == [0] * 3, done
    assert tiny.show(branch="main") == tiny_overlay("production", "7.0.0", "8.0.0")
    assert tiny.at_origin("rev-list", "--count", "main") == "3"
