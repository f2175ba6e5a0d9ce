"""Whole commands through the loopback GitLab, whose branches are those of a real repository."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from tests.integration.forge_server import Answer, Json
from tests.integration.gitlab_server import GitLabServer
from tests.integration.sandbox import BRANCH, Sandbox, Shim, tiny_overlay
from tests.integration.site import Site, visited

TOKEN = "glpat-0123456789abcdefSECRET"  # noqa: S105 it opens nothing
PROJECT = "mediq/platform/infra"
URL = f"https://oauth2:{TOKEN}@gitlab.com/{PROJECT}"


class GitLab(GitLabServer):
    """The server beside a bare repository: it shows that one's branches, and merges there."""

    def __init__(self, shared: Sandbox) -> None:
        super().__init__(PROJECT, TOKEN)
        self.shared = shared

    def _route(self, handler: BaseHTTPRequestHandler, body: Any) -> Answer:
        self.branches = self.shared.branches()
        for number, pull in self.pulls.items():
            tip = self.branches.get(pull["source_branch"])
            if tip and pull["state"] == "opened" and tip != pull["sha"]:
                self.notice(number, tip)
        return super()._route(handler, body)

    def _merge_now(self, pull: Json) -> Answer:
        super()._merge_now(pull)
        into, head = pull["target_branch"], pull["sha"]
        base = self.branches[into]
        tree = self.shared.at_origin("merge-tree", "--write-tree", base, head)
        made = self.shared.at_origin("commit-tree", tree, "-p", base, "-p", head, "-m", pull["title"])
        pull["merge_commit_sha"] = made
        self.shared.at_origin("update-ref", f"refs/heads/{into}", made, base)
        # What a project does by default.
        self.shared.at_origin("update-ref", "-d", f"refs/heads/{pull['source_branch']}", head)
        return 200, pull, {}


@pytest.fixture
def site(tiny: Sandbox, shim: Shim) -> Iterator[Site[GitLab]]:
    server = GitLab(tiny)
    site = Site(tiny, server, shim, TOKEN, {"GITLAB_HOST": server.api, "GITLAB_TOKEN": TOKEN})
    with visited(site, URL):
        yield site


def test_a_promotion_from_plan_to_merge_and_back(site: Site[GitLab]) -> None:
    answer = site.promote("staging", "production", "--output", "json").json
    url = f"https://gitlab.example/{PROJECT}/-/merge_requests/1"
    assert answer["pull_request"] == {"number": 1, "url": url}
    assert sorted(site.tiny.branches()) == ["main", BRANCH]
    # GitLab has dropped the end of the text, which is no change.
    assert site.promote("staging", "production", "--output", "json").json == answer | {"changed": False}
    assert site.server.sent("PUT") == []
    assert [pull["branch"] for pull in site.promote("status", "--output", "json").json["pull_requests"]] == [BRANCH]
    merged = site.promote("merge", "1", "--output", "json").json
    assert merged["commit"] == site.tiny.tip()
    assert site.tiny.show(branch="main") == tiny_overlay("production", "1.2.0", "2.1.0")
    assert "is already merged" in site.promote("merge", "1").out
    assert "nothing to do" in site.promote("staging", "production").out
    before = site.tiny.tip()
    assert "#2" in site.promote("rollback", "production", "--all", "--pr", "--reason", "/close it").out
    assert site.tiny.tip() == before
    site.promote("merge", "2")
    assert site.tiny.show(branch="main") == tiny_overlay("production", "1.1.0", "2.0.0")


def test_auto_merge_is_left_to_gitlab(site: Site[GitLab]) -> None:
    refused = site.promote("staging", "production", "--auto-merge", code=4).err
    assert "has nothing to wait for" in refused
    site.server.pulls[1]["detailed_merge_status"] = "ci_must_pass"
    assert "will be merged by gitlab" in site.promote("staging", "production", "--auto-merge").out
    assert site.server.pulls[1]["merge_when_pipeline_succeeds"]
    assert [pull["state"] for pull in site.server.pulls.values()] == ["opened"]


@pytest.mark.quick
def test_without_a_token_nothing_is_pushed(site: Site[GitLab]) -> None:
    refused = site.promote("staging", "production", code=2, GITLAB_TOKEN="", CI_JOB_TOKEN="other").err  # noqa: S106
    assert "no token for" in refused
    assert "CI_JOB_TOKEN cannot open merge requests" in refused
    assert list(site.tiny.branches()) == ["main"]


def test_a_504_after_the_merge_was_done_is_a_merge(site: Site[GitLab]) -> None:
    site.promote("staging", "production")
    site.server.fail("PUT /merge", 504, works=True)
    out = site.promote("merge", "1").out
    assert f"pull request #1 is merged: {site.tiny.tip()[:12]}" in out
    assert site.tiny.show(branch="main") == tiny_overlay("production", "1.2.0", "2.1.0")
