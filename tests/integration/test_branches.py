"""Environments on branches of their own: `branch:` in promote.yaml."""

from __future__ import annotations

import json

import pytest

from tests.integration.sandbox import BRANCH, Sandbox, Shim, tiny_overlay

SETTINGS = """\
environments:
  staging: {path: deploy}
  production: {path: deploy, branch: production}
kubernetes: ["1.36"]
"""
FILE = "deploy/kustomization.yaml"


def overlay(environment: str, api: str, web: str) -> str:
    return tiny_overlay(environment, api, web).replace("../../base", "../base")


@pytest.fixture
def branches(tiny: Sandbox) -> Sandbox:
    """Staging on main and production on a branch, at the same path; promote.yaml and the rules are on main alone."""
    tiny.git("checkout", "--quiet", "-b", "production")
    tiny.git("rm", "-r", "--quiet", "overlays", "policies", "promote.yaml")
    tiny.write(FILE, overlay("production", "1.1.0", "2.0.0"))
    tiny.commit("production")
    tiny.git("push", "--quiet", "origin", "production")
    tiny.git("checkout", "--quiet", "main")
    tiny.git("rm", "-r", "--quiet", "overlays")
    tiny.write(FILE, overlay("staging", "1.2.0", "2.1.0"))
    tiny.write("promote.yaml", SETTINGS)
    tiny.publish()
    return tiny


def test_a_release_goes_to_the_branch_of_its_environment_and_back(branches: Sandbox) -> None:
    before = branches.tip()
    status = branches.promote("status").out
    assert "production at" in status
    assert "to promote: promote staging production  (api, web)" in status
    assert branches.promote("plan", "staging", "production", "--output", "json").json["changed"] is False
    branches.promote("drift", "staging", "production", code=1)
    answer = branches.promote("staging", "production", "--output", "json").json
    assert branches.show(FILE) == overlay("production", "1.2.0", "2.1.0")
    assert branches.at_origin("rev-list", "--count", f"production..{BRANCH}") == "1"
    assert branches.pulls()[1]["base"] == "production"
    assert "open: #1" in branches.promote("status").out
    assert "moves versions and nothing else" in branches.promote("verify", answer["commit"]).out
    merged = branches.promote("merge", "1", "--output", "json").json
    assert merged["commit"] == branches.tip("production")
    assert branches.show(FILE, "production") == overlay("production", "1.2.0", "2.1.0")
    assert branches.tip() == before
    branches.promote("drift", "staging", "production")
    assert "nothing to do" in branches.promote("staging", "production").out
    rolled_back = branches.promote("rollback", "production", "api", "--output", "json").json
    assert rolled_back["branch"] == "production"
    assert branches.show(FILE, "production") == overlay("production", "1.1.0", "2.1.0")
    assert "shop/api" in branches.show("holds.yaml", "production")
    assert branches.tip() == before
    revisions = branches.promote("history", "production", "--output", "json").json["revisions"]
    assert [one["commit"] for one in revisions][-1] == branches.tip("production")
    assert len(revisions) == 3
    assert "held" in branches.promote("staging", "production", code=4).err
    branches.promote("release", "production")
    branches.promote("staging", "production", "--no-pr")


def test_commits_holds_and_checks_are_about_the_branch_of_the_environment(branches: Sandbox) -> None:
    before = branches.snapshot(), branches.tip()
    branches.promote("bump", "production", "api=1.3.0", "--commit")
    assert branches.show(FILE, "production") == overlay("production", "1.3.0", "2.0.0")
    branches.promote("bump", "production", "api=1.4.0", "--pr")
    assert branches.pulls()[1]["base"] == "production"
    held = branches.promote("hold", "production", "web=2.1.0", "--reason", "it loses carts").out
    assert held.rstrip().endswith("on production")
    assert "it loses carts" in branches.promote("plan", "staging", "production", code=4).out
    assert "held in production" in branches.promote("status").out
    assert "is on the branch production" in branches.promote("bump", "production", "api=1.5.0", code=2).err
    targets = branches.promote("check", "--output", "json").json["targets"]
    assert [one["name"] for one in targets] == ["staging", "production"]
    assert "production is left out" in branches.promote("check", "--base", "HEAD").out
    assert "production is left out" in branches.promote("diff").out
    branches.promote("diff", "production", code=2)
    assert (branches.snapshot(), branches.tip()) == before


def test_rules_of_the_shared_branch_judge_what_goes_to_another(branches: Sandbox) -> None:
    branches.git("checkout", "--quiet", "production")
    branches.write("policies/main.rego", "package main\n")  # nobody asks it
    branches.write(FILE, overlay("production", "latest", "2.0.0"))
    branches.commit("a tag that the rules deny")
    branches.git("push", "--quiet", "origin", "HEAD:bad")
    branches.git("checkout", "--quiet", "main")
    pull = _opened(branches, "bad")
    assert "tag" in branches.promote("merge", pull, code=3).out
    branches.promote("check", "production")
    branches.at_origin("update-ref", "refs/heads/production", "refs/heads/bad")
    branches.promote("check", "production", code=3)


def test_the_checkout_does_not_choose_whose_rules_judge(branches: Sandbox) -> None:
    branches.promote("staging", "production")
    branches.git("checkout", "--quiet", "-b", "evil")
    branches.write("promote.yaml", SETTINGS + "git: {branch: evil}\n")
    branches.commit("another shared branch")
    branches.git("push", "--quiet", "origin", "evil")
    assert "git.branch: evil" in branches.promote("merge", "1", code=2).err
    for settings in (
        SETTINGS.replace(", branch: production", "") + "git: {branch: evil}\n",
        "environments: {a: {path: deploy}}\ngit: {branch: production}\n",
    ):
        branches.write("promote.yaml", settings)
        branches.commit("no branch at all")
        branches.git("push", "--quiet", "origin", "evil")
        assert (
            "run the command in a checkout of the branch whose rules apply"
            in branches.promote("merge", "1", code=2).err
        )
    branches.git("checkout", "--quiet", "production")
    branches.write("promote.yaml", "environments: {a: {path: deploy}}\ngit: {branch: production}\n")
    branches.commit("rules of its own")
    branches.git("push", "--quiet", "origin", "HEAD:own")
    branches.git("checkout", "--quiet", "main")
    assert "calls production the shared branch" in branches.promote("merge", _opened(branches, "own"), code=2).err


def test_a_hold_cannot_be_taken_away_by_what_it_is_against(branches: Sandbox) -> None:
    branches.promote("hold", "production", "api=1.2.0", "--reason", "it is slow")
    branches.git("fetch", "--quiet", "origin", "production")
    branches.git("checkout", "--quiet", "-b", "sly", "FETCH_HEAD")
    branches.git("rm", "--quiet", "holds.yaml")
    branches.write(FILE, overlay("production", "1.2.0", "2.0.0"))
    branches.commit("no hold")
    branches.git("push", "--quiet", "origin", "sly")
    branches.git("checkout", "--quiet", "main")
    assert "it is slow" in branches.promote("merge", _opened(branches, "sly"), code=4).err


def test_a_branch_that_moves_meanwhile_is_planned_for_again(branches: Sandbox, shim: Shim) -> None:
    rival = branches.clone("rival", "--branch", "production")
    rival.write(FILE, overlay("production", "1.1.5", "2.0.0"))
    rival.commit("faster")
    once = (
        f"test -e {shim.folder}/done || git -C {rival.root} push --quiet origin production; touch {shim.folder}/done"
    )
    branches.promote("staging", "production", env=shim.before_each("push", once))
    assert branches.at_origin("rev-parse", f"{BRANCH}^") == branches.tip("production")
    assert "1.1.5→1.2.0" in branches.pulls()[1]["title"]


def test_what_is_wrong_with_a_branch_is_said(branches: Sandbox) -> None:
    for old, new, words in (
        ("branch: production", "branch: prod", "'origin' has no branch 'prod'"),
        ("branch: production", "branch: ../x", "Git allows no branch of this name"),
        ("deploy, branch", "nowhere, branch", "no kustomization.yaml in 'nowhere' on the branch production"),
    ):
        branches.write("promote.yaml", SETTINGS.replace(old, new))
        branches.publish()
        said = branches.promote("status", code=2)
        assert words in said.out + said.err
    branches.at_origin("update-ref", "refs/heads/eu", "refs/heads/production")
    several = SETTINGS.replace("kubernetes", "  eu: {path: deploy, branch: eu, after: [staging]}\nkubernetes")
    branches.write("promote.yaml", several)
    branches.publish()
    assert "--separate" in branches.promote("staging", "production", "eu", code=2).err
    branches.promote("staging", "production", "eu", "--separate")
    assert {one["base"] for one in branches.pulls().values()} == {"production", "eu"}


@pytest.mark.quick
def test_a_kustomization_does_not_reach_another_branch(branches: Sandbox) -> None:
    branches.write("deploy/more/kustomization.yaml", "resources: [../../refs/heads/production/deploy]\n")
    branches.write("promote.yaml", SETTINGS.replace("{path: deploy}", "{path: deploy/more}"))
    branches.publish()
    assert "leads to another branch" in branches.promote("bump", "staging", "web=3", "--pr", code=2).err


def test_init_finds_environments_on_branches(branches: Sandbox) -> None:
    branches.git("rm", "--quiet", "promote.yaml")
    branches.commit("no settings")
    branches.git("push", "--quiet", "origin", "main:staging")
    found = branches.promote("init", "--output", "json").json
    assert [(one["name"], one["path"], one["branch"]) for one in found["environments"]] == [
        ("staging", "deploy", "staging"),
        ("production", "deploy", "production"),
    ]
    branches.commit("settings")
    branches.git("push", "--quiet", "origin", "main")
    branches.promote("staging", "production")
    assert branches.pulls()[1]["base"] == "production"


def test_init_takes_no_branches_of_work(branches: Sandbox) -> None:
    """Their names have words of stages, too, and each has all kustomizations of the branch that it comes from."""
    branches.git("rm", "--quiet", "promote.yaml")
    branches.commit("no settings")
    work = ["feat/waf-testing", "chore/demo-data", "fix/prod"]
    branches.git("push", "--quiet", "origin", "main:staging", *(f"main:refs/heads/{name}" for name in work))
    found = branches.promote("init", "--dry-run", "--output", "json").json
    assert [one["branch"] for one in found["environments"]] == ["staging", "production"]
    more = ["poc/gateway-link", "jane-test", "test-agent-branch", "demo-sales"]
    refs = [f"main:refs/heads/{name}" for name in more]
    branches.git("push", "--quiet", "origin", *refs, ":staging", ":production")
    said = branches.promote("init", "--dry-run", code=2).err
    assert "there are no branches called like stages" in said
    branches.git("push", "--quiet", "origin", "main:refs/heads/dev", "main:refs/heads/qa-2")
    found = branches.promote("init", "--dry-run", "--output", "json").json
    assert [one["branch"] for one in found["environments"]] == ["dev", "qa-2"]


def _opened(branches: Sandbox, branch: str) -> str:
    """A pull request that somebody opened by hand into production; the local forge has it as its only record."""
    number = max(branches.pulls(), default=0) + 1
    pull = {"number": number, "url": f"local:{number}", "title": "t", "body": "", "head": branch,
            "base": "production", "head_commit": branches.tip(branch), "state": "open"}  # fmt: skip
    blob = branches.git(
        "--git-dir", str(branches.origin), "hash-object", "-w", "--stdin", stdin=json.dumps(pull).encode()
    )
    tree = branches.git(
        "--git-dir", str(branches.origin), "mktree", stdin=f"100644 blob {blob}\t{number}.json\n".encode()
    )
    made = branches.at_origin("commit-tree", tree, "-m", "opened")
    branches.at_origin("update-ref", "refs/promote/pulls", made)
    return str(number)
