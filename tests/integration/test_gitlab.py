"""What only GitLab does; the rest is in test_forge_contract.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import Blocked, NetworkError, PromoteError, RaceLost, UsageError
from promote.forge import gitea, github, gitlab, gitlab_answers, gitlab_errors, local, registry
from promote.forge.address import place_of
from promote.forge.gitlab import is_gitlab
from promote.forge.gitlab_address import server_to_ask
from promote.forge.gitlab_client import GitLab
from promote.forge.protocol import Forge
from promote.git.repository import Repository
from tests.integration.forge_server import commit
from tests.integration.forges import (
    BRANCH,
    ECHO,
    GARBAGE_LISTS,
    GITLAB,
    REPOSITORY,
    TOKEN,
    Kind,
    connect_gitlab,
    refused,
    serving,
)
from tests.integration.gitlab_server import GitLabServer

pytestmark = pytest.mark.quick

SERVER = "https://git.example.com"
API = f"{SERVER}/api/v4"
HEAD = commit(BRANCH)


@pytest.fixture
def kind() -> Kind:
    return GITLAB


def test_it_is_a_forge() -> None:
    checked: Forge = GitLab.from_remote("git@gitlab.com:mediq/infra", {"GITLAB_TOKEN": TOKEN})
    assert checked.name == "gitlab"


@pytest.mark.parametrize(
    ("remote", "environ", "project", "api"),
    [
        (f"{SERVER}/mediq/infra.git", {}, REPOSITORY, API),
        ("https://me:sesame@Git.example.com/mediq/infra/", {}, REPOSITORY, API),
        (f"{SERVER}:8443/a/b/c/infra", {}, "a/b/c/infra", f"{SERVER}:8443/api/v4"),
        ("git@git.example.com:mediq/infra.git", {}, REPOSITORY, API),
        ("ssh://git@git.example.com:2222/mediq/infra.git", {}, REPOSITORY, API),
        ("http://127.0.0.1:3000/mediq/infra", {}, REPOSITORY, "http://127.0.0.1:3000/api/v4"),
        ("ssh://git@altssh.gitlab.com:443/mediq/infra.git", {}, REPOSITORY, "https://gitlab.com/api/v4"),
        # The server's folder is in a URL of https, not in one of ssh.
        (f"{SERVER}/forge/mediq/infra", {"GITLAB_HOST": f"{SERVER}/forge/"}, REPOSITORY, f"{SERVER}/forge/api/v4"),
        ("git@git.example.com:of/infra", {"GITLAB_HOST": f"{SERVER}/of"}, "of/infra", f"{SERVER}/of/api/v4"),
        ("git@work:mediq/infra.git", {"GITLAB_HOST": "git.example.com:8443"}, REPOSITORY, f"{SERVER}:8443/api/v4"),
        ("http://git.example.com/mediq/infra", {"GITLAB_HOST": SERVER}, REPOSITORY, API),
        ("git@git.example.com:mediq/infra", {"CI_SERVER_URL": f"{SERVER}:8443"}, REPOSITORY, f"{SERVER}:8443/api/v4"),
        (f"{SERVER}/forge/mediq/infra", {"CI_SERVER_URL": f"{SERVER}/forge"}, REPOSITORY, f"{SERVER}/forge/api/v4"),
        # Where a job runs is not where the repository is, and its server may be without TLS.
        ("git@git.example.com:mediq/infra", {"CI_SERVER_URL": "https://other.example"}, REPOSITORY, API),
        ("git@git.example.com:mediq/infra", {"CI_SERVER_URL": "http://git.example.com"}, REPOSITORY, API),
    ],
)  # fmt: skip
def test_the_remote_says_where_the_project_is(remote: str, environ: dict[str, str], project: str, api: str) -> None:
    forge = GitLab.from_remote(remote, {"GITLAB_TOKEN": TOKEN} | environ)
    assert (forge.repository, forge.api) == (project, api)


@pytest.mark.parametrize(
    ("remote", "environ", "words"),
    [
        (f"{SERVER}/infra.git", {}, ("is not a GitLab project",)),
        (f"{SERVER}/mediq/infra/-/tree/main", {}, ("is not a GitLab project",)),
        (f"{SERVER}/mediq/../infra", {}, ("is not a GitLab project",)),
        (f"https://me:{TOKEN}@git.example.com/infra", {}, ("https://***@git.example.com/infra",)),
        ("/srv/infra", {}, ("is not a GitLab project",)),
        ("http://git.example.com/mediq/infra", {}, ("not sent to http://git.example.com", "GITLAB_HOST")),
        (f"{SERVER}/mediq/infra", {"GITLAB_HOST": "http://git.example.com"}, ("GITLAB_HOST must be",)),
        (f"{SERVER}/mediq/infra", {"GITLAB_HOST": "https://a:b@git.example.com"}, ("GITLAB_HOST must be",)),
        (f"{SERVER}/mediq/infra", {"GITLAB_TOKEN": "two words"}, ("GITLAB_TOKEN contains",)),
        (f"{SERVER}/mediq/infra", {"GITLAB_TOKEN": ""}, ("no token for git.example.com", "'api'", REPOSITORY)),
        (f"{SERVER}/a/b", {"GITLAB_TOKEN": "", "CI_JOB_TOKEN": TOKEN}, ("CI_JOB_TOKEN cannot open merge requests",)),
    ],
)
def test_what_is_wrong_with_the_remote_or_the_token(
    remote: str, environ: dict[str, str], words: tuple[str, ...]
) -> None:
    with refused(UsageError, *words):
        GitLab.from_remote(remote, {"GITLAB_TOKEN": TOKEN} | environ)


def test_the_tokens_of_glab_count_in_its_order(server: GitLabServer) -> None:
    remote = f"{server.api}/{REPOSITORY}"
    both = {"GITLAB_TOKEN": TOKEN, "GITLAB_ACCESS_TOKEN": "another", "CI_JOB_TOKEN": "third"}
    assert GitLab.from_remote(remote, both).list_open("main") == ()
    assert GitLab.from_remote(remote, {"GITLAB_ACCESS_TOKEN": TOKEN}).list_open("main") == ()


NAMES = st.sampled_from(
    ["", "a.example", "b.example:8443", "https://c.example/of", "http://d.example", "http://127.0.0.1:1"]
)
REMOTES = st.sampled_from(
    ["https://a.example/x/y", "git@b.example:x/y", "ssh://git@c.example:2222/x/y", "http://d.example/x/y"]
)


@given(REMOTES, NAMES, NAMES)
def test_a_token_goes_where_the_remote_or_its_own_variable_says(remote: str, host: str, job: str) -> None:
    environ = {"GITLAB_TOKEN": TOKEN, "GITLAB_HOST": host, "CI_SERVER_URL": job}
    try:
        api = urlsplit(GitLab.from_remote(remote, environ).api)
    except UsageError:
        return
    named = urlsplit(host if "://" in host else f"//{host}").hostname
    place = place_of(remote)
    assert api.hostname == (named or (place.host if place else ""))
    assert api.scheme == "https" or api.hostname == "127.0.0.1"


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("https://gitlab.com/mediq/infra", "gitlab"),
        ("git@gitlab.example.com:mediq/group/infra.git", "gitlab"),
        ("ssh://git@my.gitlab.example.com:2222/mediq/infra.git", "gitlab"),
        ("git@gitlab:mediq/infra.git", "gitlab"),
        ("https://github.com/mediq/gitlab.git", "github"),
        ("https://codeberg.org/gitlab/infra", "gitea"),
        ("/srv/gitlab/infra.git", "local"),
        ("https://git.example.com/mediq/gitlab.git", ""),
        ("https://notgitlab.example.com/mediq/infra", ""),
        ("https://gitlabx.com/mediq/infra", ""),
    ],
)
def test_a_remote_is_recognised_by_its_host(remote: str, name: str) -> None:
    forges = {"gitea": gitea.FORGE, "github": github.FORGE, "gitlab": gitlab.FORGE, "local": local.FORGE}
    assert [one for one, forge in forges.items() if forge.recognises(remote)] == [name][: len(name)]


def test_a_server_is_asked_what_it_is_without_a_token(server: GitLabServer) -> None:
    asks = gitlab.FORGE.asks
    assert asks
    assert asks(f"{server.api}/mediq/infra.git", {"GITLAB_TOKEN": TOKEN})
    # ssh has no port of the API: a variable has, if it names the same host.
    assert asks("ssh://git@127.0.0.1:22/mediq/infra.git", {"GITLAB_HOST": server.api})
    for remote in ("http://git.example.com/mediq/infra", "/srv/infra", f"{server.api}/infra.git"):
        assert not asks(remote, {})
    assert [one.path for one in server.seen] == ["/api/v4/version"] * 2


def test_no_other_server_is_asked_what_it_is() -> None:
    assert server_to_ask(f"{SERVER}/mediq/infra", {"GITLAB_HOST": "other.example"}) == SERVER
    assert server_to_ask("git@git.example.com:mediq/infra", {"CI_SERVER_URL": "https://other.example"}) == SERVER


META = {"X-Gitlab-Meta": "{}"}


@pytest.mark.parametrize(
    ("status", "body", "headers", "answer"),
    [
        (200, {"version": "18.6.0-ee"}, META, True),
        (401, {"message": "401 Unauthorized"}, META, True),
        (401, {"message": "401 Unauthorized"}, {}, False),
        (200, {"version": "1.26.0"}, {}, False),
        (401, "<html>Sign in</html>", META, False),
        (404, {"message": "404 Not Found"}, META, False),
        (500, "", META, False),
        (302, "", META | {"Location": "/api/v4/version"}, False),
    ],
)
def test_what_a_server_says_of_itself(
    server: GitLabServer, status: int, body: object, headers: dict[str, str], answer: bool
) -> None:
    server.fail("GET /version", status, body, headers=headers)
    assert is_gitlab(server.api) is answer
    assert len(server.seen) == 1


def test_the_forge_of_a_clone_is_found_by_asking(
    server: GitLabServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
    url = f"{server.api}/mediq/infra.git"
    monkeypatch.setattr(Repository, "remote_url", lambda *_: url)
    server.fail("GET /api/v1/version", 404, times=2)
    assert registry.forge_for("auto", Repository(tmp_path), "origin").name == "gitlab"
    server.fail("GET /api/v4/version", 404)
    with refused(UsageError, "forge: {kind: gitlab}", "forge: {kind: local}"):
        registry.forge_for("auto", Repository(tmp_path), "origin")
    assert registry.forge_for("gitlab", Repository(tmp_path), "origin").name == "gitlab"
    assert len(server.seen) == 4


def test_another_server_gets_no_address_of_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
    monkeypatch.setenv("GITLAB_HOST", "git.example.com")
    monkeypatch.setattr(Repository, "remote_url", lambda *_: "https://gitlab.com/mediq/infra")
    forge = registry.forge_of_another("gitlab", Repository(tmp_path), "origin", f"{SERVER}/mediq/other")
    assert isinstance(forge, GitLab)
    assert forge.api == "https://gitlab.com/api/v4"


def test_a_project_in_groups_is_one_part_of_the_address(pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = GitLabServer("group/sub/infra", TOKEN)
    with serving(server):
        forge = connect_gitlab(server, pauses)
        assert forge.open(BRANCH, "main", "ours", "").number == 1
        assert forge.find_open(BRANCH, "main")
        forge.merge(1, HEAD, "", "merge")
    assert server.seen[0].path == "/api/v4/projects/group%2Fsub%2Finfra/merge_requests"


ORDERS = "ours\n/merge\n  /approve now\n\r/close\nhttps://x/y\n/ 1\n//x\n\n/Assign me"


def test_no_line_of_a_text_is_an_order_to_gitlab(forge: GitLab, server: GitLabServer) -> None:
    opened = forge.open(BRANCH, "main", "ours", ORDERS)
    assert server.pulls[1]["description"].splitlines() == [
        "ours", "\\/merge", "  \\/approve now", "\\/close", "https://x/y", "/ 1", "//x", "", "\\/Assign me"
    ]  # fmt: skip
    assert forge.get(1) == opened
    assert opened.body == ORDERS.replace("\r", "")
    forge.update(1, "ours", "/close")
    assert (server.pulls[1]["description"], forge.get(1).body) == ("\\/close", "/close")


@given(st.text(st.sampled_from("/\\\n\r\t \u2028abM`")))
def test_whatever_a_text_is_it_has_no_order_and_is_read_as_it_was(text: str) -> None:
    sent = gitlab_answers.harmless(text)
    seen = sent.replace("\r", "")
    assert not re.search(r"^\s*/[a-z]", seen, re.MULTILINE | re.IGNORECASE)
    if not re.search(r"\\/", text):
        assert read(description=sent).body == text


def read(**changes: Any) -> Any:
    with GitLabServer(REPOSITORY, TOKEN) as server:
        return gitlab_answers.pull_request(server.add_pull(BRANCH, **changes))


def test_lists_are_read_to_the_end_though_nothing_names_the_next_page(forge: GitLab, server: GitLabServer) -> None:
    server.names_next_page = False
    server.page_size = 2
    for number in range(1, 6):
        server.add_pull(f"promote/{number}")
    assert [pull.number for pull in forge.list_open("main")] == [1, 2, 3, 4, 5]
    assert len(server.sent("GET", "/pulls")) == 4


def test_a_project_that_has_moved(server: GitLabServer, pauses: list[float]) -> None:
    server.moved_from = "mediq/before"
    forge = GitLab.from_remote(f"{server.api}/mediq/before", {"GITLAB_TOKEN": TOKEN}, sleep=pauses.append)
    assert forge.list_open("main") == ()
    with refused(UsageError, "set the remote to its new address", "(405)"):
        forge.open(BRANCH, "main", "ours", "")
    server.add_pull(BRANCH, detailed_merge_status="not_approved")
    with refused(UsageError, "set the remote to its new address"):
        forge.merge(1, HEAD, "", "merge")
    assert pauses == []


def test_the_branches_of_forks_are_named_by_their_author(forge: GitLab, server: GitLabServer) -> None:
    server.add_pull(BRANCH)
    server.add_pull(BRANCH, fork="mallory")
    server.add_pull(BRANCH, fork="mallory", source_project_id=None, author=None)
    assert [pull.head for pull in forge.list_open("main")] == [BRANCH, f"mallory:{BRANCH}", f"unknown:{BRANCH}"]


def test_one_without_a_commit_does_not_hide_the_others(forge: GitLab, server: GitLabServer) -> None:
    server.add_pull("empty", sha=None)
    server.add_pull(BRANCH, state="locked")
    assert [(pull.head_commit, pull.state) for pull in forge.list_open("main")] == [("", "open")]
    assert forge.get(2).state == "open"


def test_open_says_what_is_wrong_with_the_branch(forge: GitLab) -> None:
    with refused(UsageError, "branch main", "same project/branch", "(422)"):
        forge.open("main", "main", "ours", "")


@pytest.mark.parametrize(
    ("way", "method", "squash", "merged"),
    [
        ("merge", "merge", {}, commit("merge of 1")),
        ("merge", "squash", {"squash": True}, commit("squash of 1")),
        ("rebase_merge", "merge", {}, commit("merge of 1")),
        ("rebase_merge", "squash", {"squash": True}, commit("squash of 1")),
        ("ff", "rebase", {}, HEAD),
        ("ff", "squash", {"squash": True}, commit("squash of 1")),
    ],
)
def test_the_new_commit_of_each_way_to_merge(
    forge: GitLab, server: GitLabServer, way: str, method: Any, squash: Mapping[str, bool], merged: str
) -> None:
    server.settings["merge_method"] = way
    server.add_pull(BRANCH)
    assert forge.merge(1, HEAD, "", method) == merged
    assert forge.merge(1, HEAD, "", method) == merged
    assert [one.body for one in server.sent("PUT", "/merge")] == [{"sha": HEAD, **squash}]


def test_the_head_is_no_merge_commit(forge: GitLab, server: GitLabServer) -> None:
    pull = server.add_pull(BRANCH)
    early = dict(pull, state="merged", merge_commit_sha=None)
    server.fail("PUT /merge", 200, early, works=True)
    assert forge.merge(1, HEAD, "", "merge") == commit("merge of 1")
    pull["merge_commit_sha"] = None
    with refused(Blocked, "it is merged"):
        forge.merge(1, HEAD, "", "merge")


@pytest.mark.parametrize(
    ("settings", "method", "words"),
    [
        ({"merge_method": "ff"}, "merge", "makes no merge commits, so the method cannot be merge"),
        ({"merge_method": "merge"}, "rebase", "makes merge commits, so the method cannot be rebase"),
        ({"merge_method": "rebase_merge"}, "rebase", "makes merge commits, so the method cannot be rebase"),
        ({"squash_option": "always"}, "merge", "always squashes, so the method cannot be merge"),
        ({"squash_option": "never"}, "squash", "does not allow to squash, so the method cannot be squash"),
    ],
)
def test_a_method_that_the_project_does_not_have(
    forge: GitLab, server: GitLabServer, settings: Mapping[str, str], method: Any, words: str
) -> None:
    server.settings |= settings
    server.add_pull(BRANCH, head_pipeline={"status": "running", "sha": HEAD, "ref": BRANCH})
    for call in (lambda: forge.merge(1, HEAD, "", method), lambda: forge.enable_auto_merge(1, method)):
        with refused(UsageError, words, "forge: {merge: …}"):
            call()
    assert server.sent("PUT") == []


def test_a_squash_that_somebody_chose_before_is_taken_back(forge: GitLab, server: GitLabServer) -> None:
    server.add_pull(BRANCH, squash=True)
    with refused(Blocked, "nothing to wait for"):
        forge.enable_auto_merge(1, "merge")
    assert server.sent("PUT") == []
    assert forge.merge(1, HEAD, "", "merge") == commit("merge of 1")
    assert [one.body for one in server.sent("PUT")] == [{"squash": False}, {"sha": HEAD}]


def test_merge_loses_the_race_when_the_branch_moved(forge: GitLab, server: GitLabServer, pauses: list[float]) -> None:
    server.add_pull(BRANCH)
    with refused(RaceLost, "its branch has moved", "#1"):
        forge.merge(1, commit("what we saw"), "", "merge")
    server.fail("PUT /merge", 409, {"message": f"SHA does not match HEAD of source branch: {TOKEN}"})
    with refused(RaceLost, "SHA does not match"):
        forge.merge(1, HEAD, "", "merge")
    del server.branches[BRANCH]
    with refused(RaceLost, "its branch has moved"):
        forge.merge(1, commit("what we saw"), "", "merge")
    assert (server.pulls[1]["state"], pauses) == ("opened", [])


def test_a_push_that_gitlab_has_not_noticed_yet_is_waited_for(
    forge: GitLab, server: GitLabServer, pauses: list[float]
) -> None:
    server.add_pull(BRANCH)
    server.branches[BRANCH] = pushed = commit("pushed")
    for call in (lambda: forge.merge(1, pushed, "", "merge"), lambda: forge.enable_auto_merge(1, "merge")):
        with refused(NetworkError, "has not noticed yet", "run the same command again"):
            call()
    assert pauses == [1.0, 2.0, 4.0] * 2
    assert server.sent("PUT") == []
    server.fail("GET /pulls/1", 200, dict(server.pulls[1]))
    server.notice(1, pushed)
    assert forge.merge(1, pushed, "", "merge") == commit("merge of 1")
    assert pauses[6:] == [1.0]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("conflict", ("it has conflicts", "run the command that opened it again")),
        ("need_rebase", ("must be rebased", "run the command that opened it again")),
        ("not_approved", ("it must be approved", "meet GitLab's requirements")),
        ("ci_still_running", ("its pipeline still runs",)),
        ("draft_status", ("it is a draft",)),
        ("something_new", ("something_new", "meet GitLab's requirements")),
    ],
)
def test_merge_is_blocked_in_plain_words(
    forge: GitLab, server: GitLabServer, pauses: list[float], status: str, words: tuple[str, ...]
) -> None:
    server.add_pull(BRANCH, detailed_merge_status=status)
    with refused(Blocked, "pull request #1", *words):
        forge.merge(1, HEAD, "", "merge")
    assert (server.pulls[1]["state"], pauses) == ("opened", [])


@pytest.mark.parametrize("status", gitlab_errors.TRANSIENT)
def test_merge_waits_for_what_passes_by_itself(
    forge: GitLab, server: GitLabServer, pauses: list[float], status: str
) -> None:
    pull = server.add_pull(BRANCH, detailed_merge_status=status)
    with refused(Blocked, "still checks whether it can be merged", "in a minute"):
        forge.merge(1, HEAD, "", "merge")
    assert pauses == [1.0, 2.0, 4.0]
    server.fail("PUT /merge", 405, {"message": "405 Method Not Allowed"})
    server.fail("GET /pulls/1", 200, dict(pull))
    server.fail("GET /pulls/1", 200, dict(pull))
    pull["detailed_merge_status"] = "mergeable"
    assert forge.merge(1, HEAD, "", "merge") == commit("merge of 1")
    assert pauses[3:] == [1.0]


def test_a_server_before_15_6_says_less(forge: GitLab, server: GitLabServer) -> None:
    server.not_mergeable = "hook declined"
    pull = server.add_pull(BRANCH, merge_status="cannot_be_merged")
    del pull["detailed_merge_status"]
    with refused(Blocked, "cannot_be_merged. hook declined"):
        forge.merge(1, HEAD, "", "merge")


def test_a_token_whose_owner_may_not_merge(forge: GitLab, server: GitLabServer) -> None:
    server.add_pull(BRANCH, user={"can_merge": False})
    for call in (lambda: forge.merge(1, HEAD, "", "merge"), lambda: forge.enable_auto_merge(1, "merge")):
        with refused(Blocked, "owner of the token may not merge into main", "protected branch"):
            call()
    assert server.sent("PUT") == []


def test_a_closed_pull_request_is_not_merged(forge: GitLab, server: GitLabServer) -> None:
    server.add_pull(BRANCH, state="closed")
    for call in (lambda: forge.merge(1, HEAD, "", "merge"), lambda: forge.enable_auto_merge(1, "merge")):
        with refused(Blocked, "it is closed"):
            call()
    assert server.sent("PUT") == []


def test_approvals_are_those_since_the_commit_is_the_head(forge: GitLab, server: GitLabServer) -> None:
    server.page_size = 1
    server.add_pull(BRANCH)
    assert forge.approvals(1, HEAD) == ()
    server.approve(1, "early")
    server.notice(1, pushed := commit("pushed"))
    server.approve(1, "zoe")
    server.approve(1, "anna", 30)
    server.approve(1, "reporter", 20)
    server.approve(1, "passer-by", 0)
    server.approve(1, "left", state="blocked")
    server.approve(1, "bot", id=1)
    server.reviews[1][-1]["user"]["id"] = 1
    server.members[1] = {"id": 1, "state": "active", "access_level": 50}
    assert forge.approvals(1, pushed) == ("anna", "zoe")
    assert forge.approvals(1, HEAD) == ()
    # The same commit again: what was approved then may have been seen with another base.
    server.notice(1, HEAD)
    assert forge.approvals(1, HEAD) == forge.approvals(1, pushed) == ()
    with refused(UsageError, "pull request #9"):
        forge.approvals(9, HEAD)


def test_an_approval_at_the_moment_of_the_push_does_not_count(forge: GitLab, server: GitLabServer) -> None:
    server.add_pull(BRANCH)
    server.approve(1, "zoe")
    server.reviews[1][0]["approved_at"] = server.versions[1][0]["created_at"]
    assert forge.approvals(1, HEAD) == ()


def test_an_approval_after_a_push_in_between_does_not_count(
    forge: GitLab, server: GitLabServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add_pull(BRANCH)
    answer = server._approvals

    def pushed(*arguments: Any) -> Any:
        server.notice(1, commit("pushed"))
        server.approve(1, "zoe")
        return answer(*arguments)

    monkeypatch.setattr(server, "_approvals", pushed)
    assert forge.approvals(1, HEAD) == ()


def test_approvals_without_a_time_do_not_count(forge: GitLab, server: GitLabServer) -> None:
    server.gives_times = False
    server.add_pull(BRANCH)
    assert forge.approvals(1, HEAD) == ()
    server.approve(1, "zoe")
    with refused(UsageError, "pull request #1", "does not say when it was approved; so no approval counts"):
        forge.approvals(1, HEAD)


def test_statuses_are_the_newest_of_each_name(forge: GitLab, server: GitLabServer) -> None:
    server.page_size = 2
    assert forge.statuses(HEAD) == {}
    for name, status, changes in (
        ("build", "failed", {}), ("build", "success", {}), ("unit", "success", {}), ("unit", "failed", {}),
        ("lint", "failed", {"allow_failure": True}), ("e2e", "running", {"allow_failure": True}),
        ("deploy", "manual", {}), ("clean", "manual", {"allow_failure": True}), ("scan", "skipped", {}),
        ("stop", "canceled", {}), ("queue", "waiting_for_resource", {}), ("later", "scheduled", {}),
        ("new", "created", {}), ("odd", "something_new", {}),
    ):  # fmt: skip
        server.set_status(HEAD, name, status, **changes)
    server.set_status(commit("main"), "other", "success")
    assert forge.statuses(HEAD) == {
        "build": "success", "unit": "failure", "lint": "success", "e2e": "pending", "deploy": "pending",
        "clean": "success", "scan": "failure", "stop": "failure", "queue": "pending", "later": "pending",
        "new": "pending", "odd": "failure",
    }  # fmt: skip


@pytest.mark.parametrize("body", GARBAGE_LISTS)
def test_garbage_is_not_taken_for_no_approval_and_no_status(forge: GitLab, server: GitLabServer, body: str) -> None:
    server.add_pull(BRANCH)
    calls: dict[str, Callable[[], object]] = {
        "GET /versions": lambda: forge.approvals(1, HEAD),
        "GET /approvals": lambda: forge.approvals(1, HEAD),
        "GET /statuses": lambda: forge.statuses(HEAD),
    }
    for request, call in calls.items():
        server.fail(request, 200, body)
        with refused(NetworkError, "not one of GitLab's API"):
            call()


WAITING: dict[str, dict[str, Any]] = {
    "a pipeline": {"head_pipeline": {"status": "running", "sha": HEAD, "ref": BRANCH}},
    # GitLab may say for minutes that it has not looked.
    "a pipeline, unchecked": {
        "head_pipeline": {"status": "created", "sha": HEAD, "ref": BRANCH},
        "detailed_merge_status": "unchecked",
    },
    "a merged result": {"head_pipeline": {"status": "pending", "sha": "x", "ref": "refs/merge-requests/1/merge"}},
    "approvals": {"detailed_merge_status": "not_approved"},
}


@pytest.mark.parametrize("state", WAITING.values(), ids=WAITING)
def test_auto_merge_is_scheduled_once(forge: GitLab, server: GitLabServer, state: dict[str, Any]) -> None:
    server.add_pull(BRANCH, **state)
    server.fail("PUT /merge", 504, works=True)
    forge.enable_auto_merge(1, "squash")
    forge.enable_auto_merge(1, "squash")
    assert [one.body for one in server.sent("PUT", "/merge")] == [
        {"sha": HEAD, "squash": True, "auto_merge": True, "merge_when_pipeline_succeeds": True}
    ]
    assert server.pulls[1]["merge_when_pipeline_succeeds"]
    server.pulls[1] |= {"state": "merged", "merge_when_pipeline_succeeds": False}
    forge.enable_auto_merge(1, "rebase")
    assert len(server.sent("PUT", "/merge")) == 1


AT_ONCE: dict[str, dict[str, Any]] = {
    "no pipeline": {},
    "one that succeeded": {"head_pipeline": {"status": "success", "sha": HEAD, "ref": BRANCH}},
    "one of an earlier commit": {"head_pipeline": {"status": "running", "sha": commit("early"), "ref": BRANCH}},
}


@pytest.mark.parametrize("state", AT_ONCE.values(), ids=AT_ONCE)
def test_auto_merge_without_a_requirement_would_merge_at_once(
    forge: GitLab, server: GitLabServer, pauses: list[float], state: dict[str, Any]
) -> None:
    pull = server.add_pull(BRANCH, **state)
    with refused(Blocked, "has nothing to wait for", "require a pipeline or approvals"):
        forge.enable_auto_merge(1, "merge")
    assert pauses == []
    pull["detailed_merge_status"] = "checking"
    with refused(Blocked, "still checks"):
        forge.enable_auto_merge(1, "merge")
    assert (server.sent("PUT"), pauses) == ([], [1.0, 2.0, 4.0])


@pytest.mark.parametrize("status", gitlab_errors.HOPELESS)
def test_auto_merge_does_not_wait_for_what_never_comes(forge: GitLab, server: GitLabServer, status: str) -> None:
    server.add_pull(BRANCH, detailed_merge_status=status)
    with refused(Blocked, "pull request #1"):
        forge.enable_auto_merge(1, "merge")
    assert server.sent("PUT") == []


@pytest.mark.parametrize(
    ("status", "message", "error", "word"),
    [
        (401, "401 Unauthorized", UsageError, "wrong, revoked or expired"),
        (403, "403 Forbidden", UsageError, "'api'"),
        (409, "SHA does not match HEAD of source branch", RaceLost, "SHA does not match"),
        (422, "Branch cannot be merged", Blocked, "must be approved"),
        (418, "a teapot", NetworkError, "a teapot"),
    ],
)
def test_auto_merge_says_what_prevents_it(
    forge: GitLab, server: GitLabServer, status: int, message: str, error: type[PromoteError], word: str
) -> None:
    server.add_pull(BRANCH, detailed_merge_status="not_approved")
    server.fail("PUT /merge", status, {"message": f"{message} {TOKEN}"})
    with refused(error, "pull request #1", word):
        forge.enable_auto_merge(1, "merge")
    assert not server.pulls[1]["merge_when_pipeline_succeeds"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"message": "404 Project Not Found"}, "404 Project Not Found"),
        ({"message": ["one", "two"]}, "one. two"),
        ({"message": {"title": ["is too long", "is odd"], "base": "no"}}, "title is too long, is odd. base no"),
        ({"error": "insufficient_scope", "error_description": "More"}, "insufficient_scope. More"),
        ({"error": "title is missing"}, "title is missing"),
        ({}, ""),
        ({"message": None}, ""),
    ],
)
def test_every_form_of_a_reason(data: dict[str, Any], said: str) -> None:
    assert gitlab_errors.reason(data) == said


@pytest.mark.parametrize(("headers", "paused"), [({"Retry-After": "7"}, 7.0), ({}, 60.0)])
def test_a_rate_limit_is_waited_for(
    forge: GitLab, server: GitLabServer, pauses: list[float], headers: dict[str, str], paused: float
) -> None:
    server.fail("POST /pulls", 429, ECHO, headers=headers)
    assert forge.open(BRANCH, "main", "ours", "").number == 1
    assert pauses == [paused]
