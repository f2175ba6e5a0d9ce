"""Environments in another repository: `repository:` in promote.yaml."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.github_server import GitHubServer
from tests.integration.sandbox import BRANCH, Sandbox, Shim, tiny_overlay
from tests.integration.test_through_github import TOKEN, GitHub

FILE = "deploy/production/kustomization.yaml"


def settings(address: str, more: str = "") -> str:
    return f"""\
environments:
  staging: {{path: overlays/staging}}
  production: {{path: deploy/production, repository: {address}, branch: main}}
{more}kubernetes: ["1.36"]
"""


def production(api: str, web: str) -> str:
    return tiny_overlay("production", api, web)


@dataclass(frozen=True)
class Two:
    """The clone that promote runs in, and the other bare repository, which has production, with a clone of it."""

    tiny: Sandbox
    there: Sandbox

    def promote(self, *arguments: str, code: int = 0, env: dict[str, str] | None = None) -> Any:
        return self.tiny.promote(*arguments, code=code, env=env)

    def at(self, *arguments: str) -> str:
        return self.tiny.git("--git-dir", str(self.there.origin), *arguments)

    def show(self, branch: str = "main", path: str = FILE) -> str:
        return self.there.show(path, branch)

    def say(self, text: str) -> None:
        """Another promote.yaml on the shared branch."""
        self.tiny.write("promote.yaml", text)
        self.tiny.publish()


def other_repository(tiny: Sandbox, name: str = "prod") -> Sandbox:
    """Another bare repository, and a clone of it, with production alone: neither promote.yaml nor rules."""
    folder = tiny.root.parent / name
    folder.mkdir()
    origin = folder / "origin.git"
    tiny.git("init", "--quiet", "--bare", "--initial-branch=main", "--template=", str(origin))
    tiny.git("clone", "--quiet", str(origin), str(folder / "clone"))
    there = Sandbox(folder / "clone", tiny.env)
    there.write(FILE, production("1.1.0", "2.0.0"))
    there.write("base/kustomization.yaml", tiny.read("base/kustomization.yaml"))
    there.write("base/deployments.yaml", tiny.read("base/deployments.yaml"))
    there.commit("production")
    there.git("push", "--quiet", "origin", "HEAD:main")
    return there


@pytest.fixture
def two(tiny: Sandbox) -> Two:
    there = other_repository(tiny)
    tiny.git("rm", "-r", "--quiet", "overlays/production")
    tiny.write("promote.yaml", settings(str(there.origin)))
    tiny.publish()
    return Two(tiny, there)


def test_a_release_goes_to_the_other_repository_and_back(two: Two) -> None:
    before = two.tiny.snapshot(), two.tiny.branches()
    status = two.promote("status").out
    assert "main of" in status
    assert "to promote: promote staging production  (api, web)" in status
    assert two.promote("plan", "staging", "production", "--output", "json").json["changed"] is False
    two.promote("explain", "staging", "production")
    two.promote("drift", "staging", "production", code=1)
    answer = two.promote("staging", "production", "--output", "json").json
    assert answer["repository"].endswith("prod/origin")
    assert two.show(BRANCH) == production("1.2.0", "2.1.0")
    assert two.at("rev-list", "--count", f"main..{BRANCH}") == "1"
    assert two.there.pulls()[1]["base"] == "main"
    assert "open: #1" in two.promote("status").out
    assert "moves versions and nothing else" in two.promote("verify", answer["commit"]).out
    two.promote("merge", "1", code=2)  # the own repository has no pull request
    merged = two.promote("merge", "1", "--environment", "production", "--output", "json").json
    assert merged["commit"] == two.there.tip()
    assert two.show() == production("1.2.0", "2.1.0")
    two.promote("drift", "staging", "production")
    assert "nothing to do" in two.promote("staging", "production").out
    two.promote("rollback", "production", "api")
    assert two.show() == production("1.1.0", "2.1.0")
    assert "shop/api" in two.show(path="holds.yaml")
    revisions = two.promote("history", "production", "--output", "json").json["revisions"]
    assert [one["commit"] for one in revisions][-1] == two.there.tip()
    assert "held" in two.promote("staging", "production", code=4).err
    assert (two.tiny.snapshot(), two.tiny.branches()) == before


def test_commits_holds_and_checks_are_about_the_other_repository(two: Two) -> None:
    before = two.tiny.branches()
    assert two.promote("bump", "production", "api=1.3.0", "--commit", "--output", "json").json["repository"]
    assert two.show() == production("1.3.0", "2.0.0")
    two.promote("bump", "production", "api=1.4.0", "--pr")
    assert two.there.pulls()[1]["base"] == "main"
    assert "prod/origin" in two.promote("hold", "production", "web=2.1.0", "--reason", "it loses carts").out
    assert "it loses carts" in two.promote("plan", "staging", "production", code=4).out
    two.promote("release", "production")
    for line in ("hold production web=2.2.0 --reason slow", "release production", "scale production web 2"):
        assert two.promote(*line.split(), "--output", "json").json["repository"].endswith("prod/origin")
    assert "of the repository" in two.promote("bump", "production", "api=1.5.0", code=2).err
    assert [one["name"] for one in two.promote("check", "--output", "json").json["targets"]] == [
        "staging",
        "production",
    ]
    assert "production is left out" in two.promote("diff").out
    two.promote("diff", "production", code=2)
    two.promote("rollback", "production", "api", "--pr")
    assert two.tiny.branches() == before


def test_the_rules_are_those_of_the_repository_that_promote_runs_in(two: Two) -> None:
    two.there.write("policies/main.rego", "package main\n")  # nobody asks it
    two.there.write("promote.yaml", "git: {branch: bad}\n")
    two.there.write(FILE, production("latest", "2.0.0"))
    two.there.commit("a tag that the rules deny")
    two.there.git("push", "--quiet", "origin", "HEAD:main")
    assert "tag" in two.promote("check", "production", code=3).out
    assert "no environment of promote.yaml" in _merged_into(two, "eu").err


@pytest.mark.parametrize("name", ["web.yaml", "web.YAML", "web.Json", "Kustomization"])
def test_manifests_over_there_that_no_environment_reads_are_not_merged(two: Two, name: str) -> None:
    two.promote("bump", "production", "api=1.3.0", "--pr")
    branch = two.there.pulls()[1]["head"]
    another = two.there.clone("another")
    another.write(f"apps/{name}", "apiVersion: v1\n")
    another.commit("an app of others")
    another.git("push", "--quiet", "--force", "origin", f"HEAD:{branch}")
    refused = two.promote("merge", "1", "--environment", "production", code=2).err
    assert f"changes apps/{name}, which no environment of promote.yaml reads" in refused


def _merged_into(two: Two, base: str) -> Any:
    """What a merge into a branch of the other repository says that no environment is on."""
    two.at("update-ref", f"refs/heads/{base}", "refs/heads/main")
    two.promote("bump", "production", "api=1.3.0", "--pr")
    record = two.at("show", "refs/promote/pulls:1.json").replace('"base": "main"', f'"base": "{base}"')
    blob = two.tiny.git("--git-dir", str(two.there.origin), "hash-object", "-w", "--stdin", stdin=record.encode())
    tree = two.tiny.git("--git-dir", str(two.there.origin), "mktree", stdin=f"100644 blob {blob}\t1.json\n".encode())
    two.at("update-ref", "refs/promote/pulls", two.at("commit-tree", tree, "-m", "into another"))
    return two.promote("merge", "1", "--environment", "production", code=2)


def test_a_lost_race_in_the_other_repository_is_planned_again(two: Two, shim: Shim) -> None:
    rival = two.there.clone("rival")
    rival.write(FILE, production("1.1.5", "2.0.0"))
    rival.commit("faster")
    once = f"test -e {shim.folder}/done || git -C {rival.root} push --quiet origin main; touch {shim.folder}/done"
    two.promote("staging", "production", env=shim.before_each("push", once))
    assert two.at("rev-parse", f"{BRANCH}^") == two.there.tip()
    assert "1.1.5→1.2.0" in two.there.pulls()[1]["title"]


def test_a_move_of_the_own_repository_is_planned_again(two: Two, shim: Shim) -> None:
    rival = two.tiny.clone("rival")
    rival.write("overlays/staging/kustomization.yaml", tiny_overlay("staging", "1.3.0", "2.1.0"))
    rival.commit("faster")
    once = f"test -e {shim.folder}/done || git -C {rival.root} push --quiet origin main; touch {shim.folder}/done"
    two.promote("staging", "production", env=shim.before_each("commit-tree", once))
    assert two.show(BRANCH) == production("1.3.0", "2.1.0")


@pytest.mark.parametrize("step", ["init", "fetch", "commit-tree", "push"])
def test_a_promotion_that_was_killed_is_finished_by_the_next(two: Two, shim: Shim, step: str) -> None:
    done = two.tiny.finish("staging", "production", env=shim.killing_after(step))
    assert done.code == -signal.SIGKILL, done
    two.promote("staging", "production")
    assert two.show(BRANCH) == production("1.2.0", "2.1.0")
    assert [(pull["head"], pull["state"]) for pull in two.there.pulls().values()] == [(BRANCH, "open")]


def test_a_repository_that_does_not_answer_stops_only_what_needs_it(two: Two) -> None:
    more = "  demo: {path: overlays/demo, after: [staging]}\n"
    two.tiny.write("overlays/demo/kustomization.yaml", tiny_overlay("demo", "1.1.0", "2.0.0"))
    two.say(settings(str(two.there.origin), more))
    two.there.origin.rename(two.there.origin.with_name("away.git"))
    answer = two.promote("status", "--output", "json").json
    assert list(answer["environments"]) == ["staging", "demo"]
    assert "prod/origin cannot be used" in answer["missing"]["production"]
    assert "not shown: environment 'production'" in two.promote("status").out
    for command in ("plan staging production", "staging production", "history production", "check production"):
        assert "environment 'production': its repository" in two.promote(*command.split(), code=6).err
    assert "production is left out" in two.promote("check").out
    two.promote("staging", "demo")
    two.promote("merge", "1")
    assert two.tiny.show("overlays/demo/kustomization.yaml", "main") == tiny_overlay("demo", "1.2.0", "2.1.0")
    two.there.origin.with_name("away.git").rename(two.there.origin)
    two.at("branch", "-m", "main", "trunk")
    assert "has no branch 'main'" in two.promote("plan", "staging", "production", code=2).err


def test_several_targets_in_several_repositories_need_a_pull_request_each(two: Two) -> None:
    two.tiny.write("overlays/eu/kustomization.yaml", tiny_overlay("eu", "1.1.0", "2.0.0"))
    two.say(settings(str(two.there.origin), "  eu: {path: overlays/eu, after: [staging]}\n"))
    refused = two.promote("staging", "production", "eu", code=2).err
    assert "in different repositories: --separate opens a pull request for each" in refused
    two.promote("staging", "production", "eu", "--separate")
    assert [pulls[1]["base"] for pulls in (two.tiny.pulls(), two.there.pulls())] == ["main", "main"]


def test_what_is_removed_over_there_stops_only_what_needs_it(two: Two) -> None:
    two.tiny.write("overlays/demo/kustomization.yaml", tiny_overlay("demo", "1.1.0", "2.0.0"))
    more = "  demo: {path: overlays/demo, after: [staging]}\n"
    two.there.git("rm", "-r", "--quiet", "deploy")
    two.there.commit("nothing is left")
    two.there.git("push", "--quiet", "origin", "HEAD:main")
    for path in ("deploy/production", "deploy/*"):
        two.say(settings(str(two.there.origin), more).replace("deploy/production", f"'{path}'"))
        answer = two.promote("status", "--output", "json").json
        assert list(answer["environments"]) == ["staging", "demo"]
        assert f"no kustomization.yaml in '{path}' on the branch main" in answer["missing"]["production"]
        two.promote("plan", "staging", "demo")
        for line in ("plan staging production", "scale production/x api 2", "history production"):
            done = two.promote(*line.split(), code=2)
            assert path in done.err or "no environment 'production/x'" in done.err
    assert "no kustomization.yaml" in two.promote("scale", "production/x", "api", "2", code=2).err


def test_what_is_only_elsewhere_is_left_out_or_named(two: Two) -> None:
    two.say(settings(str(two.there.origin)).replace("  staging: {path: overlays/staging}\n", ""))
    assert "production is left out" in two.promote("diff").out
    assert "production is left out" in two.promote("check", "--fix").out
    two.say(settings(str(two.there.origin)).replace("deploy/production", "deploy/*"))
    assert "0 denied" in two.promote("check", "production/production").out
    assert "no environment 'production/prod'" in two.promote("check", "production/prod", code=2).err
    two.there.origin.rename(two.there.origin.with_name("away.git"))
    for line in ("switch production/production api --to x", "scale production/production api 2"):
        assert "its repository" in two.promote(*line.split(), code=6).err


def test_two_repositories_promote_into_one(two: Two) -> None:
    """Each has its own environments there, which both call production, and judges nothing else."""
    file = "deploy/production/kustomization.yaml"
    two.there.write("deploy/other/kustomization.yaml", production("1.1.0", "2.0.0"))
    two.there.commit("that of another team")
    two.there.git("push", "--quiet", "origin", "HEAD:main")
    two.promote("staging", "production")
    proposed = two.at("rev-parse", BRANCH)
    two.say(settings(str(two.there.origin)).replace("deploy/production", "deploy/other"))
    refused = two.promote("staging", "production", code=4).err
    assert f"the branch {BRANCH} of" in refused
    assert f"changes {file}, which no environment of promote.yaml reads" in refused
    assert two.at("rev-parse", BRANCH) == proposed
    assert f"changes {file}, which" in two.promote("merge", "1", "--environment", "production", code=2).err
    two.promote("bump", "production", "api=1.1.9", "--pr")
    two.promote("bump", "staging", "api=1.2.1", "--pr")
    shown = two.promote("status").out
    assert "open: #1 bump: staging" in shown
    assert "prod/origin: bump: production" in shown
    listed = two.promote("status", "--output", "json").json["pull_requests"]
    assert ["repository" in one for one in listed] == [False, True, True]
    two.promote("merge", "2", "--environment", "production")
    two.say(settings(str(two.there.origin)))
    two.promote("merge", "1", "--environment", "production")
    assert two.show() == production("1.2.0", "2.1.0")


def test_pull_requests_elsewhere_that_cannot_be_listed_are_noted(two: Two) -> None:
    two.promote("bump", "staging", "api=1.2.1", "--pr")
    blob = two.at("rev-parse", f"main:{FILE}")
    tree = two.tiny.git("--git-dir", str(two.there.origin), "mktree", stdin=f"100644 blob {blob}\t1.json\n".encode())
    two.at("update-ref", "refs/promote/pulls", two.at("commit-tree", tree, "-m", "not a record"))
    shown = two.promote("status").out
    assert "open: #1 bump: staging" in shown
    assert "prod/origin are not shown: " in shown


def test_a_checkout_does_not_choose_what_is_fetched(two: Two) -> None:
    """Neither a promote.yaml that is not on the shared branch, nor one that names another shared branch."""
    evil = other_repository(two.tiny, "evil")
    kept = Path(two.tiny.env["PROMOTE_CACHE"]) / "repositories"
    known = set(kept.iterdir()) if kept.exists() else set()
    two.tiny.git("checkout", "--quiet", "-b", "evil")
    two.tiny.write("promote.yaml", settings(str(evil.origin)))
    two.tiny.commit("another repository")
    assert "prod/origin" in two.promote("status").out
    two.promote("check")
    two.tiny.git("push", "--quiet", "origin", "evil")
    pull = _opened(two, "evil")
    assert "does not name the repository" in two.promote("merge", pull, code=2).err
    two.tiny.write("promote.yaml", settings(str(evil.origin)) + "git: {branch: evil}\n")
    two.tiny.commit("another shared branch")
    two.tiny.git("push", "--quiet", "origin", "evil")
    assert "git.branch: evil" in two.promote("status", "--output", "json").json["missing"]["production"]
    assert "git.branch: evil" in two.promote("staging", "production", code=2).err
    assert len(set(kept.iterdir()) - known) == 1
    assert evil.branches() == {"main": evil.tip()}


def _opened(two: Two, branch: str) -> str:
    """A pull request of a branch of the own repository that somebody opened by hand."""
    two.tiny.git("checkout", "--quiet", "main")
    two.promote("bump", "staging", "api=1.2.1", "--pr")
    proposed = next(pull["head"] for pull in two.tiny.pulls().values())
    two.tiny.at_origin("update-ref", f"refs/heads/{proposed}", f"refs/heads/{branch}")
    two.tiny.git("checkout", "--quiet", branch)
    return "1"


@pytest.mark.quick
def test_a_path_is_used_only_where_the_own_remote_is_one(two: Two) -> None:
    rewritten = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{two.tiny.origin}.insteadOf",
                 "GIT_CONFIG_VALUE_0": "https://git.example.com/team/config"}  # fmt: skip
    two.tiny.git("remote", "set-url", "origin", "https://git.example.com/team/config")
    refused = two.promote("plan", "staging", "production", code=2, env=rewritten).err
    assert "a path of this machine is used only if 'origin' is one, too" in refused


class Elsewhere(GitHub):
    """A GitHub with the other repository alone: it refuses questions about any other."""

    def __init__(self, shared: Sandbox) -> None:
        GitHubServer.__init__(self, "team/prod", TOKEN)
        self.shared = shared


def test_the_pull_request_is_opened_on_the_forge_of_the_other_repository(two: Two, tmp_path: Path) -> None:
    known = {"https://github.com/team/infra": two.tiny.origin, "https://github.com/team/prod": two.there.origin}
    rules = "".join(f'[url "{folder}"]\n\tinsteadOf = {url}\n' for url, folder in known.items())
    (tmp_path / "gitconfig").write_text(rules, encoding="utf-8")
    two.say(settings("https://github.com/team/prod"))
    two.tiny.git("remote", "set-url", "origin", "https://github.com/team/infra")
    with Elsewhere(two.there) as server:
        env = {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"), "GITHUB_API_URL": server.api, "GH_TOKEN": TOKEN,
               "GITHUB_REPOSITORY": "team/infra"}  # fmt: skip
        answer = two.promote("staging", "production", "--output", "json", env=env)
        assert answer.json["pull_request"]["url"] == "https://github.example/team/prod/pull/1"
        assert answer.json["repository"] == "github.com/team/prod"
        merged = two.promote("merge", "1", "--environment", "production", env=env)
        assert TOKEN not in answer.out + answer.err + merged.out + merged.err
    assert server.violations == []
    assert two.show() == production("1.2.0", "2.1.0")
