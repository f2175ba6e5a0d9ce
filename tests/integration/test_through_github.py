"""Whole commands through the loopback GitHub, whose branches are those of a real repository."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from promote.forge.local import REF
from promote.promotion import merge
from tests.integration.forge_server import Answer, Json
from tests.integration.github_server import GitHubServer
from tests.integration.sandbox import BRANCH, Sandbox, Shim, tiny_overlay
from tests.integration.site import Site, visited

TOKEN = "ghp_0123456789abcdefSECRET"  # noqa: S105 it opens nothing
REPOSITORY = "mediq/infra"
URL = f"https://x-access-token:{TOKEN}@github.com/{REPOSITORY}"
LATER = {"retry-after": "3600"}  # longer than promote waits


class GitHub(GitHubServer):
    """The server beside a bare repository: it shows that one's branches, and merges there."""

    def __init__(self, shared: Sandbox) -> None:
        super().__init__(REPOSITORY, TOKEN)
        self.shared = shared

    def _route(self, handler: BaseHTTPRequestHandler, body: Any) -> Answer:
        self.branches = self.shared.branches()
        for pull in self.pulls.values():
            if pull["state"] == "open":
                pull["head"]["sha"] = self.branches.get(pull["head"]["ref"], pull["head"]["sha"])
        return super()._route(handler, body)

    def _merge(self, pull: Json, body: Json) -> Answer:
        status, content, headers = super()._merge(pull, body)
        if status == 200:
            into, head = pull["base"]["ref"], pull["head"]["sha"]
            base = self.branches[into]
            tree = self.shared.at_origin("merge-tree", "--write-tree", base, head)
            parents = ["-p", base, "-p", head] if body["merge_method"] == "merge" else ["-p", base]
            content["sha"] = self.shared.at_origin("commit-tree", tree, *parents, "-m", pull["title"])
            pull["merge_commit_sha"] = content["sha"]
            self.shared.at_origin("update-ref", f"refs/heads/{into}", content["sha"], base)
        return status, content, headers


class OfGitHub(Site[GitHub]):
    """A clone of a repository on GitHub."""

    def assert_one(self) -> None:
        """There is one branch, and one pull request that is open."""
        assert sorted(self.tiny.branches()) == ["main", BRANCH]
        assert [(pull["head"]["ref"], pull["state"]) for pull in self.server.pulls.values()] == [(BRANCH, "open")]
        assert self.tiny.show() == tiny_overlay("production", "1.2.0", "2.1.0")


@pytest.fixture
def site(tiny: Sandbox, shim: Shim) -> Iterator[OfGitHub]:
    server = GitHub(tiny)
    site = OfGitHub(tiny, server, shim, TOKEN, {"GITHUB_API_URL": server.api, "GH_TOKEN": TOKEN})
    with visited(site, URL):
        yield site


def test_a_promotion_from_plan_to_merge(site: OfGitHub) -> None:
    answer = site.promote("staging", "production", "--output", "json").json
    assert answer["pull_request"] == {"number": 1, "url": "https://github.example/mediq/infra/pull/1"}
    site.assert_one()
    assert site.promote("staging", "production", "--output", "json").json == answer | {"changed": False}
    assert [pull["branch"] for pull in site.promote("status", "--output", "json").json["pull_requests"]] == [BRANCH]
    merged = site.promote("merge", "1", "--method", "squash", "--output", "json").json
    assert merged["commit"] == site.tiny.tip()
    assert site.tiny.show(branch="main") == tiny_overlay("production", "1.2.0", "2.1.0")
    assert "is already merged" in site.promote("merge", "1").out
    assert "nothing to do" in site.promote("staging", "production").out


def test_an_environment_on_a_branch_has_its_pull_requests_there(site: OfGitHub) -> None:
    other = site.tiny.clone("other")
    other.replace("promote.yaml", "overlays/production}", "overlays/production, branch: live}")
    other.commit()
    other.git("push", "--quiet", "origin", "HEAD:main", "HEAD:live")
    main = site.tiny.tip()
    site.promote("staging", "production")
    assert [pull["base"]["ref"] for pull in site.server.pulls.values()] == ["live"]
    assert "open: #1" in site.promote("status").out
    merged = site.promote("merge", "1", "--output", "json").json["commit"]
    assert (merged, site.tiny.tip()) == (site.tiny.tip("live"), main)
    assert site.tiny.show(branch="live") == tiny_overlay("production", "1.2.0", "2.1.0")


@pytest.mark.parametrize(
    ("request_", "status", "headers"),
    [("POST /pulls", 429, LATER), ("GET /pulls", 429, LATER), ("POST /pulls", 200, {}), ("POST /pulls", 403, {})],
    ids=["429 at opening", "429 at looking", "nonsense", "403"],
)  # fmt: skip
def test_a_failure_after_the_push_ends_with_7_and_is_finished(
    site: OfGitHub, request_: str, status: int, headers: dict[str, str]
) -> None:
    site.server.fail(request_, status, headers=headers)
    failed = site.promote("staging", "production", code=7)
    assert f"the branch {BRANCH} is pushed but its pull request is not settled" in failed.err
    commit = site.tiny.tip(BRANCH)
    site.promote("staging", "production")
    assert site.tiny.tip(BRANCH) == commit
    site.assert_one()


def test_a_504_after_the_work_was_done_makes_no_twin(site: OfGitHub) -> None:
    site.server.fail("POST /pulls", 504, works=True)
    site.promote("staging", "production")
    site.assert_one()


def test_a_504_after_the_merge_was_done_is_a_merge(site: OfGitHub) -> None:
    site.promote("staging", "production")
    site.server.fail("PUT /merge", 504, works=True)
    out = site.promote("merge", "1").out
    assert f"pull request #1 is merged: {site.tiny.tip()[:12]}" in out
    assert site.tiny.show(branch="main") == tiny_overlay("production", "1.2.0", "2.1.0")


def test_a_branch_that_moves_while_it_is_judged_is_not_merged(
    site: OfGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.promote("staging", "production")
    base, head = site.tiny.tip(), site.tiny.tip(BRANCH)
    merge = site.server._merge

    def moved(pull: Json, body: Json) -> Answer:
        pull["head"]["sha"] = site.tiny.at_origin("commit-tree", f"{BRANCH}^{{tree}}", "-p", head, "-m", "more")
        site.tiny.at_origin("update-ref", f"refs/heads/{BRANCH}", pull["head"]["sha"], head)
        return merge(pull, body)

    monkeypatch.setattr(site.server, "_merge", moved)
    refused = site.promote("merge", "1", code=5).err
    assert f"from {head[:12]} to {site.tiny.tip(BRANCH)[:12]}: nothing was merged" in refused
    assert (site.tiny.tip(), site.server.pulls[1]["state"]) == (base, "open")


def before_merge(site: OfGitHub, act: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let somebody act when the server begins to merge."""
    merge = site.server._merge

    def late(pull: Json, body: Json) -> Answer:
        act()
        site.server.branches = site.tiny.branches()
        return merge(pull, body)

    monkeypatch.setattr(site.server, "_merge", late)


@pytest.mark.parametrize(
    ("method", "back", "way"),
    [("merge", ", and the merge brought that back", "git revert -m 1 "), ("squash", "", "git revert ")],
    ids=["merge", "squash"],
)
def test_a_target_that_is_rewritten_at_the_last_moment_is_reported(
    site: OfGitHub, monkeypatch: pytest.MonkeyPatch, method: str, back: str, way: str
) -> None:
    left = site.tiny.tip()
    other = site.tiny.clone("other")
    other.write("notes.md", "a leak\n")
    lost = other.publish("what must go")
    site.promote("staging", "production")
    before_merge(site, lambda: site.tiny.at_origin("update-ref", "refs/heads/main", left), monkeypatch)
    said = site.promote("merge", "1", "--method", method, code=5).err
    assert f"pull request #1 is merged, but main was rewritten meanwhile: it had lost {lost[:12]}, " in said
    assert f"on which this was judged{back}. Look at what main has now; `{way}{site.tiny.tip()}` takes" in said
    assert (site.tiny.at_origin("rev-parse", "main^1"), site.server.pulls[1]["state"]) == (left, "closed")
    assert f"\n\nMerged onto {left}, which lacks {lost}: the target was " in site.server.pulls[1]["body"]
    other.git("fetch", "--quiet")
    other.git("reset", "--quiet", "--hard", "origin/main")
    other.git(*said.partition("`git ")[2].partition("`")[0].split(), "--no-edit")
    assert other.git("rev-parse", "HEAD^{tree}") == other.git("rev-parse", f"{left}^{{tree}}")


def test_a_target_that_is_only_added_to_at_the_last_moment_is_no_error(
    site: OfGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.promote("staging", "production")
    made = site.tiny.at_origin("commit-tree", "main^{tree}", "-p", "main", "-m", "more")
    before_merge(site, lambda: site.tiny.at_origin("update-ref", "refs/heads/main", made), monkeypatch)
    assert site.promote("merge", "1", "--output", "json").json["changed"]
    assert site.tiny.at_origin("rev-parse", "main^1") == made


def test_a_target_that_moves_while_it_is_judged_is_judged_again(
    site: OfGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hold that comes meanwhile still counts: GitHub would not have looked."""
    site.promote("staging", "production")
    record = merge._record

    def overtaken(*given: Any) -> None:
        record(*given)
        monkeypatch.setattr(merge, "_record", record)
        site.promote("hold", "production", "web=2.1.0", "--reason", "too slow")

    monkeypatch.setattr(merge, "_record", overtaken)
    refused = site.promote("merge", "1", code=4).err
    assert "try 1: the branch main has moved while pull request #1 was judged" in refused
    assert "too slow" in refused
    assert site.server.sent("PUT", "/merge") == []


def test_auto_merge_is_left_to_github(site: OfGitHub) -> None:
    site.server.fail("POST /graphql", 429, headers=LATER)
    assert "pull request #1 is open" in site.promote("staging", "production", "--auto-merge", code=7).err
    assert "will be merged by github" in site.promote("staging", "production", "--auto-merge").out
    assert site.server.pulls[1]["auto_merge"] == {"merge_method": "merge"}
    site.assert_one()


def test_without_a_token_nothing_is_pushed(site: OfGitHub) -> None:
    refused = site.promote("staging", "production", code=2, GH_TOKEN="", GITHUB_TOKEN="")
    assert "no token for" in refused.err
    assert list(site.tiny.branches()) == ["main"]
    site.promote("staging", "production", "--no-pr", GH_TOKEN="", GITHUB_TOKEN="")
    assert BRANCH in site.tiny.branches()


def test_a_merge_github_refuses_is_not_checked_again_for_ever(site: OfGitHub) -> None:
    site.promote("staging", "production")
    site.server.not_mergeable = "At least 1 approving review is required"
    assert "approving review" in site.promote("merge", "1", code=4).err
    assert len(site.server.sent("PUT", "/merge")) == 1


@pytest.mark.quick
@pytest.mark.parametrize("password", ["s3cr3t-and-long", "with@sign", "short"])
def test_credentials_of_the_remote_are_in_no_error(tiny: Sandbox, password: str) -> None:
    tiny.git("remote", "set-url", "origin", f"http://me:{password}@127.0.0.1:1/infra.git")
    for arguments in (
        ["staging", "production"],
        ["history", "production"],
        ["hold", "production", "api=1", "--reason", "x"],
    ):
        done = tiny.promote(*arguments, code=6, env={"GIT_ALLOW_PROTOCOL": "http"})
        assert password.rpartition("@")[2] not in done.out + done.err


@pytest.mark.quick
def test_the_reason_of_a_server_is_told_without_credentials(tiny: Sandbox) -> None:
    script = tiny.root.parent / "upload-pack"
    script.write_text("#!/bin/sh\necho 'https://me:p@ssword-of-mine@github.com/mediq: denied' >&2\nexit 1\n")
    script.chmod(0o755)
    # In the configuration of the user: that of the repository must not name a program.
    own = tiny.root.parent / "gitconfig"
    tiny.git("config", "--file", str(own), "remote.origin.uploadpack", str(script))
    done = tiny.promote("staging", "production", code=6, env={"GIT_CONFIG_GLOBAL": str(own)})
    advice = "check the remote's URL, your access and the network"
    assert done.err == f"promote: git ls-remote failed: https://***@github.com/mediq: denied: {advice}\n"


GITHUB_REFUSES = (
    "GH006: Protected branch update failed for refs/heads/main.",
    "Changes must be made through a pull request.",
)
PROTECTED = "if the branch main is protected, open a pull request (--pr, where the command has it)"


def protect(origin: Path, *said: str, hook: str = "pre-receive", ref: str = "refs/heads/main") -> None:
    """Let the server refuse `ref`, or everything with a hook that gets no names, and say why."""
    lines = [f"echo 'error: {line}' >&2" for line in said]
    test = f'[ "$1" = {ref} ] || exit 0' if hook == "update" else ""
    file = origin / "hooks" / hook
    file.write_text("\n".join(["#!/bin/sh", test, *lines, "exit 1", ""]))
    file.chmod(0o755)


def test_a_hook_of_the_server_that_declines_is_told(tiny: Sandbox) -> None:
    protect(tiny.origin)
    done = tiny.promote("staging", "production", code=6)
    assert "'origin' rejected the push: [remote rejected] (pre-receive hook declined)" in done.err
    # The branch of a pull request is not what --pr is a way around.
    assert "--pr" not in done.err


@pytest.mark.parametrize(
    "command", [("bump", "staging", "api=9.9.9", "--commit"), ("hold", "staging", "api=9.9.9", "--reason", "bad")]
)
def test_a_protected_branch_is_named_with_the_way_out(tiny: Sandbox, command: tuple[str, ...]) -> None:
    protect(tiny.origin, *GITHUB_REFUSES, hook="update")
    done = tiny.promote(*command, code=6)
    assert (
        "'origin' rejected the push: [remote rejected] (hook declined): error: GH006: Protected branch update failed "
        "for refs/heads/main; error: Changes must be made through a pull request; "
    ) in done.err
    assert PROTECTED in done.err
    assert done.err.count("\n") == 1


def test_of_several_refs_the_one_that_is_refused_says_why(tiny: Sandbox) -> None:
    tiny.promote("staging", "production")
    # Git names main first, which fails only because this one does.
    protect(tiny.origin, *GITHUB_REFUSES, hook="update", ref=REF)
    done = tiny.promote("merge", "1", code=6)
    assert "atomic" not in done.err
    assert "[remote rejected] (hook declined): error: GH006" in done.err


def test_a_server_that_says_a_lot_is_quoted_in_part(tiny: Sandbox) -> None:
    protect(tiny.origin, "x" * 2_000, "=" * 50)
    done = tiny.promote("bump", "staging", "api=9.9.9", "--commit", code=6)
    assert "x" * 250 in done.err
    assert len(done.err) < 700
