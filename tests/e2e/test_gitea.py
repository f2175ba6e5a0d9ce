"""promote against a real Gitea, from an empty server to merged pull requests."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from promote.errors import RaceLost, UsageError
from promote.forge.gitea_client import Gitea
from promote.forge.protocol import Method
from tests.e2e.cluster import TOOLS, leave_on_signals, new_folder
from tests.e2e.gitea import OWNER, REVIEWER, STRANGER, GiteaHost
from tests.e2e.process import wait
from tests.integration import sandbox
from tests.integration.sandbox import BRANCH, KUSTOMIZATION, Clone, Outcome, tiny_overlay


@pytest.fixture(scope="session")
def host(request: pytest.FixtureRequest) -> Iterator[GiteaHost]:
    """A server; its folder stays when anything failed."""
    leave_on_signals()
    folder = new_folder()
    with GiteaHost(folder) as started:
        yield started
    if not request.session.testsfailed:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class Site:
    """A clone of a repository of its own on the server."""

    host: GiteaHost
    clone: Clone
    name: str

    @property
    def forge(self) -> Gitea:
        """The forge as promote connects to it."""
        return Gitea.from_remote(self.clone.git("remote", "get-url", "origin"), self.environ)

    @property
    def environ(self) -> dict[str, str]:
        return {"GITEA_TOKEN": self.host.tokens[OWNER]}

    def promote(self, *arguments: str, code: int = 0) -> Outcome:
        """Run promote; the token may be in nothing that it prints."""
        outcome = self.clone.promote(*arguments, code=code, env=self.environ)
        assert self.host.tokens[OWNER] not in outcome.out + outcome.err
        return outcome

    def ask(self, method: str, path: str = "", body: dict[str, Any] | None = None, user: str = OWNER) -> Any:
        """Something about the repository."""
        return self.host.ask(method, f"repos/{OWNER}/{self.name}/{path}", body, user)

    def open_pulls(self) -> list[int]:
        return [pull["number"] for pull in self.ask("GET", "pulls?state=open")]

    def tip(self, branch: str = "main") -> str:
        return self.clone.git("ls-remote", "origin", f"refs/heads/{branch}").split()[0]

    def show(self, branch: str) -> str:
        self.clone.git("fetch", "--quiet", "origin")
        return self.clone.git("show", f"origin/{branch}:{KUSTOMIZATION}") + "\n"

    def stage(self, service: str, old: str, new: str) -> None:
        """Another version of one service reaches staging."""
        name = f"{service}\n    newTag:"
        self.clone.replace("overlays/staging/kustomization.yaml", f'{name} "{old}"', f'{name} "{new}"')
        self.clone.publish(f"stage {service} {new}")

    def report(self, commit: str, state: str, name: str = "ci/build") -> None:
        """An outer program reports on a commit."""
        self.ask("POST", f"statuses/{commit}", {"context": name, "state": state})

    def review(self, number: int, user: str, verdict: str) -> None:
        body = {"event": verdict, "body": "looked at it"}
        self.ask("POST", f"pulls/{number}/reviews", body, user)

    def move(self, branch: str) -> None:
        """Somebody else pushes to a branch."""
        parent = self.tip(branch)
        self.clone.git("fetch", "--quiet", "origin", branch)
        commit = self.clone.git("commit-tree", f"{parent}^{{tree}}", "-p", parent, "-m", f"move it {time.time_ns()}")
        self.clone.git("push", "--quiet", "origin", f"{commit}:refs/heads/{branch}")


@pytest.fixture
def site(host: GiteaHost, tmp_path: Path, request: pytest.FixtureRequest) -> Site:
    """The tiny repository with two environments, pushed to a new repository of the server."""
    name = request.node.name.replace("_", "-")[:60].rstrip("-")
    env = sandbox.environment(tmp_path) | {"GIT_ALLOW_PROTOCOL": "http:file", "PROMOTE_TOOLS": str(TOOLS / "bin")}
    sandbox.write_tiny(tmp_path / "clone")
    sandbox.create(tmp_path, env)
    clone = Clone(tmp_path / "clone", env)
    clone.git("remote", "set-url", "origin", host.new_repository(name))
    clone.git("push", "--quiet", "origin", "main")
    return Site(host, clone, name)


def test_a_promotion_from_plan_to_merge_and_rollback(site: Site) -> None:
    answer = site.promote("staging", "production", "--output", "json").json
    url = f"{site.host.url}/{OWNER}/{site.name}/pulls/1"
    assert answer["pull_request"] == {"number": 1, "url": url}
    assert site.show(BRANCH) == tiny_overlay("production", "1.2.0", "2.1.0")
    assert site.promote("staging", "production", "--output", "json").json == answer | {"changed": False}
    before = site.tip(BRANCH)
    site.stage("shop/api", "1.2.0", "1.3.0")
    assert site.promote("staging", "production", "--output", "json").json["pull_request"]["number"] == 1
    assert (site.open_pulls(), site.tip(BRANCH) == before) == ([1], False)
    assert "1.3.0" in site.ask("GET", "pulls/1")["body"]
    merged = site.promote("merge", "1", "--output", "json").json
    assert merged["commit"] == site.tip()
    assert site.show("main") == tiny_overlay("production", "1.3.0", "2.1.0")
    assert "is already merged" in site.promote("merge", "1").out
    back = site.promote("rollback", "production", "api", "--pr", "--reason", "it leaks", "--output", "json").json
    assert back["pull_request"]["number"] == 2
    site.promote("merge", "2", "--method", "squash")
    assert site.show("main") == tiny_overlay("production", "1.1.0", "2.1.0")
    assert site.open_pulls() == []


def test_a_branch_that_moves_before_the_merge_is_not_merged(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.promote("staging", "production")
    merge = Gitea.merge

    def moved(self: Gitea, number: int, head_commit: str, base_commit: str, method: Method) -> str:
        site.move(BRANCH)
        return merge(self, number, head_commit, base_commit, method)

    monkeypatch.setattr(Gitea, "merge", moved)
    before = site.tip()
    refused = site.promote("merge", "1", code=5).err
    assert "has moved while pull request #1 was judged" in refused
    assert "nothing was merged" in refused
    with pytest.raises(RaceLost, match="head out of date"):
        site.forge.merge(1, site.tip(BRANCH), "", "merge")
    assert (site.open_pulls(), site.tip()) == ([1], before)


def test_one_pull_request_although_a_rival_opened_it(site: Site) -> None:
    site.promote("staging", "production", "--no-pr")
    first = site.forge.open(BRANCH, "main", "a rival's", "")
    assert site.forge.open(BRANCH, "main", "ours", "") == first
    assert site.promote("staging", "production", "--output", "json").json["pull_request"]["number"] == first.number
    assert site.open_pulls() == [first.number]
    with pytest.raises(UsageError, match="#9"):
        site.forge.get(9)


def test_a_renamed_repository_is_followed(site: Site) -> None:
    site.promote("staging", "production", "--no-pr")
    assert site.forge.find_open(BRANCH, "main") is None  # Gitea would lose a push that it has not registered yet
    site.host.ask("PATCH", f"repos/{OWNER}/{site.name}", {"name": f"{site.name}-2"})
    opened = site.forge.open(BRANCH, "main", "ours", "")
    assert opened.url.endswith(f"/{OWNER}/{site.name}-2/pulls/1")
    assert site.forge.update(1, "another title", "").title == "another title"
    assert site.forge.find_open(BRANCH, "main") == site.forge.get(1)


def test_approvals_are_official_and_of_one_commit(site: Site) -> None:
    site.promote("staging", "production")
    commit = site.tip(BRANCH)
    assert site.forge.approvals(1, commit) == ()
    site.review(1, STRANGER, "APPROVED")
    site.review(1, REVIEWER, "REQUEST_CHANGES")
    assert site.forge.approvals(1, commit) == ()
    site.review(1, REVIEWER, "APPROVED")
    site.review(1, REVIEWER, "COMMENT")
    assert site.forge.approvals(1, commit) == (REVIEWER,)
    site.move(BRANCH)
    assert site.forge.approvals(1, site.tip(BRANCH)) == ()
    site.review(1, REVIEWER, "APPROVED")
    assert site.forge.approvals(1, site.tip(BRANCH)) == (REVIEWER,)
    site.review(1, REVIEWER, "REQUEST_CHANGES")
    assert site.forge.approvals(1, site.tip(BRANCH)) == ()


def test_statuses_are_the_newest_of_each_name(site: Site) -> None:
    site.promote("staging", "production")
    commit = site.tip(BRANCH)
    assert site.forge.statuses(commit) == {}
    for name, state in (("ci/a", "pending"), ("ci/b", "failure"), ("ci/a", "success"), ("ci/c", "pending")):
        site.report(commit, state, name)
    assert site.forge.statuses(commit) == {"ci/a": "success", "ci/b": "failure", "ci/c": "pending"}
    many = {f"ci/{number}": "success" for number in range(60)}
    for name, state in many.items():
        site.report(commit, state, name)
    assert site.forge.statuses(commit) == many | {"ci/a": "success", "ci/b": "failure", "ci/c": "pending"}


def test_auto_merge_waits_for_a_required_status(site: Site) -> None:
    assert "has nothing to wait for" in site.promote("staging", "production", "--auto-merge", code=4).err
    assert site.open_pulls() == [1]
    protection = {"rule_name": "main", "enable_status_check": True, "status_check_contexts": ["ci/build"]}
    site.ask("POST", "branch_protections", protection)
    assert "ci/build" in site.ask("GET", "branches/main")["status_check_contexts"]
    for _ in range(2):
        assert "will be merged by gitea" in site.promote("staging", "production", "--auto-merge").out
    assert "status checks" in site.promote("merge", "1", code=4).err
    commit = site.tip(BRANCH)
    site.report(commit, "pending")
    assert site.forge.get(1).state == "open"
    site.report(commit, "success")
    wait("Gitea merges", lambda: None if site.forge.get(1).state == "merged" else "an open one", seconds=30)
    assert site.show("main") == tiny_overlay("production", "1.2.0", "2.1.0")
