"""What only Gitea and Forgejo do; the rest is in test_forge_contract.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from promote.errors import Blocked, NetworkError, PromoteError, RaceLost, UsageError
from promote.forge import gitea, github, local, registry
from promote.forge.gitea import is_gitea
from promote.forge.gitea_client import Gitea
from promote.forge.protocol import Forge
from promote.git.repository import Repository
from tests.integration.forge_server import commit
from tests.integration.forges import (
    BRANCH,
    ECHO,
    GARBAGE_LISTS,
    GITEA,
    REPOSITORY,
    TOKEN,
    Kind,
    refused,
)
from tests.integration.gitea_server import GiteaServer

pytestmark = pytest.mark.quick

SERVER = "https://git.example.com"
TRY_LATER = "Please try again later"


@pytest.fixture
def kind() -> Kind:
    return GITEA


def test_it_is_a_forge() -> None:
    checked: Forge = Gitea.from_remote("git@codeberg.org:mediq/infra", {"GITEA_TOKEN": TOKEN})
    assert checked.name == "gitea"


@pytest.mark.parametrize(
    ("remote", "environ", "api"),
    [
        (f"{SERVER}/mediq/infra.git", {}, f"{SERVER}/api/v1"),
        (f"https://me:sesame@Git.example.com/{REPOSITORY}/", {}, f"{SERVER}/api/v1"),
        (f"{SERVER}:3000/mediq/infra", {}, f"{SERVER}:3000/api/v1"),
        (f"{SERVER}/forge/of/mediq/infra.git", {}, f"{SERVER}/forge/of/api/v1"),
        ("git@git.example.com:mediq/infra.git", {}, f"{SERVER}/api/v1"),
        ("git.example.com:/mediq/infra.git", {}, f"{SERVER}/api/v1"),
        ("ssh://git@git.example.com:2222/mediq/infra.git", {}, f"{SERVER}/api/v1"),
        ("http://127.0.0.1:3000/mediq/infra", {}, "http://127.0.0.1:3000/api/v1"),
        ("git@work:mediq/infra.git", {"GITEA_SERVER_URL": f"{SERVER}:3000/forge/"}, f"{SERVER}:3000/forge/api/v1"),
        ("http://git.example.com/mediq/infra", {"GITEA_SERVER_URL": SERVER}, f"{SERVER}/api/v1"),
        ("git@git.example.com:mediq/infra", {"FORGEJO_SERVER_URL": f"{SERVER}:3000"}, f"{SERVER}:3000/api/v1"),
        # Where a job of Forgejo Actions runs is not where the repository is.
        ("git@git.example.com:mediq/infra", {"FORGEJO_SERVER_URL": "https://other.example"}, f"{SERVER}/api/v1"),
        (
            "git@work:mediq/infra.git",
            {"GITEA_SERVER_URL": SERVER, "FORGEJO_SERVER_URL": "https://other.example"},
            f"{SERVER}/api/v1",
        ),
    ],
)
def test_the_address_of_the_api(remote: str, environ: dict[str, str], api: str) -> None:
    forge = Gitea.from_remote(remote, {"GITEA_TOKEN": TOKEN} | environ)
    assert repr(forge) == f"Gitea('{REPOSITORY}', '{api}')"


@pytest.mark.parametrize(
    "remote",
    ["", "/srv/infra.git", "../infra", "file:///srv/mediq/infra.git", f"{SERVER}/mediq", f"{SERVER}/mediq/..",
     f"https://me:{TOKEN}@git.example.com/mediq"],
)  # fmt: skip
def test_a_remote_that_names_no_repository(remote: str) -> None:
    with refused(UsageError, "https://HOST/OWNER/REPOSITORY"):
        Gitea.from_remote(remote, {"GITEA_TOKEN": TOKEN})


@pytest.mark.parametrize(
    ("environ", "word"),
    [
        ({"GITEA_SERVER_URL": "http://git.example.com"}, "GITEA_SERVER_URL"),
        ({"FORGEJO_SERVER_URL": f"https://{TOKEN}@git.example.com"}, "FORGEJO_SERVER_URL"),
        ({"GITEA_SERVER_URL": "git.example.com"}, "GITEA_SERVER_URL"),
        ({"GITEA_TOKEN": TOKEN + "\nx"}, "GITEA_TOKEN"),
        ({"GITEA_TOKEN": "", "FORGEJO_TOKEN": TOKEN + "é"}, "FORGEJO_TOKEN"),
    ],
)
def test_an_environment_that_cannot_be_meant(environ: dict[str, str], word: str) -> None:
    with refused(UsageError, word):
        Gitea.from_remote("git@git.example.com:mediq/infra", {"GITEA_TOKEN": TOKEN} | environ)


def test_a_token_is_not_sent_unencrypted() -> None:
    with refused(UsageError, "http://git.example.com", "https"):
        Gitea.from_remote("http://git.example.com/mediq/infra", {"GITEA_TOKEN": TOKEN})


def test_the_token_and_what_is_said_without_one() -> None:
    remote = "git@git.example.com:mediq/infra"
    both = {"GITEA_TOKEN": "one", "FORGEJO_TOKEN": "other"}
    assert Gitea.from_remote(remote, both)._token.variable == "GITEA_TOKEN"
    assert Gitea.from_remote(remote, both | {"GITEA_TOKEN": " "})._token.variable == "FORGEJO_TOKEN"
    with refused(UsageError, "GITEA_TOKEN", "FORGEJO_TOKEN", "git.example.com", "write:repository"):
        Gitea.from_remote(remote, {"GH_TOKEN": TOKEN})


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("https://codeberg.org/mediq/infra", "gitea"),
        ("git@gitea.com:mediq/infra.git", "gitea"),
        ("git@gitea:mediq/infra.git", "gitea"),
        ("ssh://git@gitea.example.com:2222/mediq/infra.git", "gitea"),
        ("https://my.forgejo.example.com/mediq/infra", "gitea"),
        ("https://codeberg.org/mediq/github.io.git", "gitea"),
        ("https://github.com/mediq/gitea.git", "github"),
        ("git@github.example.com:mediq/codeberg.org.git", "github"),
        ("/srv/gitea.example/infra.git", "local"),
        ("https://git.example.com/mediq/gitea.git", ""),
        ("https://codeberg.org.example.com/mediq/infra", ""),
        ("https://notgitea.example.com/mediq/infra", ""),
    ],
)
def test_a_remote_is_recognised_by_its_host(remote: str, name: str) -> None:
    forges = {"gitea": gitea.FORGE, "github": github.FORGE, "local": local.FORGE}
    assert [one for one, forge in forges.items() if forge.recognises(remote)] == [name][: len(name)]


def asks(remote: str, environ: Mapping[str, str] | None = None) -> bool:
    assert gitea.FORGE.asks
    return gitea.FORGE.asks(remote, environ or {"GITEA_TOKEN": TOKEN})


def test_a_server_is_asked_what_it_is_without_a_token(server: GiteaServer) -> None:
    assert asks(f"{server.api}/mediq/infra.git")
    # ssh has no port of the API: a variable has, if it names the same host.
    assert asks("ssh://git@127.0.0.1:22/mediq/infra.git", {"GITEA_SERVER_URL": server.api})
    assert [one.path for one in server.seen] == ["/api/v1/version"] * 2


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, {"version": "11.0.1+gitea-1.22.0"}, True),
        (200, {"version": "v1.26.0"}, True),
        (200, {"version": "development"}, True),
        (403, {"message": "Only signed in user is allowed to call APIs."}, True),
        (403, {"message": "Forbidden"}, False),
        (403, {"version": "1.26.0"}, False),
        (200, {"version": 7}, False),
        (200, {"version": "unknown"}, False),
        (200, ["1.26.0"], False),
        (200, "<html>Sign in</html>", False),
        (404, {"message": "not found"}, False),
        (500, "", False),
    ],
)
def test_what_a_server_says_of_itself(server: GiteaServer, status: int, body: object, answer: bool) -> None:
    server.fail("GET /version", status, body)
    assert is_gitea(server.api) is answer


def test_a_question_follows_no_redirection(server: GiteaServer) -> None:
    server.fail("GET /version", 302, headers={"Location": f"{server.api}/api/v1/version"})
    assert not is_gitea(server.api)
    assert len(server.seen) == 1


def test_a_server_that_does_not_answer_or_is_not_one(server: GiteaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promote.forge.json_api._QUICK", 0.2)
    server.hang("GET /version")
    with refused(NetworkError, f"cannot ask {server.api} which forge it is", "run the same command again"):
        asks(f"{server.api}/mediq/infra")
    for remote in ("http://git.example.com/mediq/infra", "/srv/infra", f"{server.api}/infra.git"):
        assert not asks(remote)
    assert len(server.seen) == 1


def test_the_forge_of_a_clone_is_found_by_asking(
    server: GiteaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITEA_TOKEN", TOKEN)
    url = f"{server.api}/mediq/infra.git"
    monkeypatch.setattr(Repository, "remote_url", lambda *_: url)
    clone = Repository(tmp_path)
    assert registry.forge_for("auto", clone, "origin").name == "gitea"
    server.fail("GET /version", 404, times=2)
    with refused(UsageError, "forge: {kind: gitea}", "forge: {kind: local}"):
        registry.forge_for("auto", clone, "origin")
    assert registry.forge_for("gitea", clone, "origin").name == "gitea"
    # The last one is to a GitLab.
    assert [one.path for one in server.seen] == ["/api/v1/version", "/api/v1/version", "/api/v4/version"]


def test_a_password_in_netrc_does_not_replace_the_token(
    forge: Gitea, server: GiteaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password sesame\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert forge.list_open("main") == ()
    assert is_gitea(server.api)


def test_the_first_push_is_waited_for(forge: Gitea, server: GiteaServer, pauses: list[float]) -> None:
    server.empty_for = 2
    assert forge.find_open(BRANCH, "main") is None
    server.empty_for = 1
    assert forge.open(BRANCH, "main", "ours", "").number == 1
    assert pauses == [1.0, 2.0, 1.0]
    server.fail("GET /pulls", 404, {"message": "not found"})
    assert forge.list_open("main")
    server.empty_for = 9
    with refused(NetworkError, "the repository is empty", "first push"):
        forge.list_open("main")


def test_a_repository_without_pull_requests(forge: Gitea, server: GiteaServer, pauses: list[float]) -> None:
    server.fail("GET /pulls", 404, {"message": "not found"}, times=2)
    with refused(UsageError, "repository mediq/infra", "has no pull requests"):
        forge.list_open("main")
    assert pauses == []


def test_a_branch_that_was_just_pushed_is_waited_for(forge: Gitea, server: GiteaServer, pauses: list[float]) -> None:
    server.fail("POST /pulls", 404, {"message": "not found"}, times=4)
    assert forge.open(BRANCH, "main", "ours", "").number == 1
    assert pauses == [1.0, 2.0]


def test_open_says_what_is_wrong_with_the_branch(forge: Gitea, server: GiteaServer, pauses: list[float]) -> None:
    with refused(UsageError, "branch nowhere", "(404)", "does not exist"):
        forge.open("nowhere", "main", "ours", "")
    assert pauses == [1.0, 2.0, 4.0]
    server.branches[BRANCH] = server.branches["main"]
    with refused(UsageError, "There are no changes between", "(422)", "pushed"):
        forge.open(BRANCH, "main", "ours", "")


def test_lists_are_read_to_the_end_though_nothing_counts_them(forge: Gitea, server: GiteaServer) -> None:
    server.counts = False
    server.page_size = 2
    for number in range(1, 6):
        server.add_pull(f"promote/{number}")
    assert [pull.number for pull in forge.list_open("main")] == [1, 2, 3, 4, 5]
    assert len(server.sent("GET", "/pulls")) == 4


def test_a_list_without_an_end_is_refused(forge: Gitea, server: GiteaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promote.forge.json_api._MOST_PAGES", 4)
    server.fail("GET /pulls", 200, [server.add_pull(BRANCH)], times=9)
    with refused(NetworkError, "not one of Gitea's API"):
        forge.list_open("main")
    assert len(server.seen) == 3


def test_an_entry_that_moves_to_the_next_page_is_listed_once(forge: Gitea, server: GiteaServer) -> None:
    pull = server.add_pull(BRANCH)
    server.fail("GET /pulls", 200, [pull, pull])
    assert [one.number for one in forge.list_open("main")] == [1]


def test_a_renamed_repository_is_followed_whatever_the_method(server: GiteaServer, pauses: list[float]) -> None:
    server.renamed_from = "mediq/before"
    forge = Gitea.from_remote(f"{server.api}/mediq/before", {"GITEA_TOKEN": TOKEN}, sleep=pauses.append)
    assert forge.open(BRANCH, "main", "ours", "").number == 1
    assert [pull.number for pull in forge.list_open("main")] == [1]
    assert [one.method for one in server.seen] == ["POST", "POST", "GET", "GET"]
    server.fail("GET /pulls", 301, headers={"Location": "/api/v1/repos/mediq/infra/pulls"}, times=9)
    with refused(NetworkError, "(301)"):
        forge.list_open("main")


def test_the_branches_of_forks_are_named_by_their_owner(forge: Gitea, server: GiteaServer) -> None:
    server.add_pull(BRANCH)
    server.add_pull(BRANCH, fork="mallory")
    gone = server.add_pull(BRANCH, fork="mallory")
    gone["head"] |= {"repo": None, "repo_id": -1, "ref": "refs/pull/3/head"}
    heads = [pull.head for pull in forge.list_open("main")]
    assert heads == [BRANCH, f"mallory:{BRANCH}", "unknown:refs/pull/3/head"]


def test_merge_loses_the_race_when_the_branch_moved(forge: Gitea, server: GiteaServer) -> None:
    server.add_pull(BRANCH)
    with refused(RaceLost, "head out of date", "#1"):
        forge.merge(1, commit("what we saw"), "", "merge")
    server.fail("POST /merge", 409, {"message": "merge push out of date"})
    with refused(RaceLost, "merge push out of date"):
        forge.merge(1, commit(BRANCH), "", "merge")
    assert server.pulls[1]["state"] == "open"


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (409, {"Style": "merge", "StdOut": "", "StdErr": f"CONFLICT in x\n{TOKEN}", "Err": {}}, "CONFLICT in x ***"),
        (409, {"message": "PushRejected with remote message: no"}, "PushRejected"),
        (405, {"message": "User not allowed to merge PR"}, "not allowed"),
    ],
)
def test_merge_is_blocked(forge: Gitea, server: GiteaServer, status: int, body: object, word: str) -> None:
    server.add_pull(BRANCH)
    server.fail("POST /merge", status, body)
    with refused(Blocked, word, "#1"):
        forge.merge(1, commit(BRANCH), "", "merge")


def test_merge_waits_while_gitea_looks_for_conflicts(forge: Gitea, server: GiteaServer, pauses: list[float]) -> None:
    server.add_pull(BRANCH)
    server.fail("POST /merge", 405, {"message": TRY_LATER}, times=2)
    assert forge.merge(1, commit(BRANCH), "", "merge") == commit("merge of 1")
    assert pauses == [1.0, 2.0]
    server.add_pull("another")
    server.not_mergeable = TRY_LATER
    with refused(Blocked, TRY_LATER, "conflicts"):
        forge.merge(2, commit("another"), "", "merge")


def test_a_closed_pull_request_is_not_merged(forge: Gitea, server: GiteaServer) -> None:
    server.add_pull(BRANCH, state="closed")
    with refused(Blocked, "it is closed"):
        forge.merge(1, commit(BRANCH), "", "merge")
    with refused(Blocked, "it is closed"):
        forge.enable_auto_merge(1, "merge")
    assert server.sent("POST") == []


def test_approvals_are_the_last_verdicts_on_the_commit(forge: Gitea, server: GiteaServer) -> None:
    server.page_size = 2
    server.add_pull(BRANCH)
    assert forge.approvals(1, commit(BRANCH)) == ()
    server.review(1, "zoe")
    server.review(1, "zoe", "COMMENT")
    server.review(1, "anna", "REQUEST_CHANGES")
    server.review(1, "anna")
    server.review(1, "eve")
    server.review(1, "eve", "REQUEST_CHANGES")
    server.review(1, "dora", dismissed=True)
    server.review(1, "passer-by", official=False)
    server.review(1, "early", commit_id=commit("what was the head before"))
    server.review(1, "a-team", "REQUEST_REVIEW", user=None, team={"name": "owners"})
    server.review(1, "waiting", "PENDING")
    assert forge.approvals(1, commit(BRANCH)) == ("anna", "zoe")
    assert forge.approvals(1, commit("what was the head before")) == ("early",)
    with refused(UsageError, "pull request #9"):
        forge.approvals(9, commit(BRANCH))


def test_statuses_are_the_newest_of_each_name(forge: Gitea, server: GiteaServer) -> None:
    server.page_size = 2
    sha = commit(BRANCH)
    assert forge.statuses(sha) == {}
    for context, state in (
        ("ci/a", "pending"), ("ci/a", "success"), ("ci/b", "error"), ("ci/c", "pending"), ("ci/d", "failure"),
        ("ci/e", "warning"), ("ci/f", "skipped"),
    ):  # fmt: skip
        server.set_status(sha, context, state)
    server.set_status(commit("main"), "other", "success")
    assert forge.statuses(sha) == {
        "ci/a": "success", "ci/b": "failure", "ci/c": "pending", "ci/d": "failure", "ci/e": "failure",
        "ci/f": "success",
    }  # fmt: skip


@pytest.mark.parametrize("body", GARBAGE_LISTS)
def test_garbage_is_not_taken_for_no_review_and_no_status(forge: Gitea, server: GiteaServer, body: str) -> None:
    server.add_pull(BRANCH)
    calls: dict[str, Callable[[], object]] = {
        "GET /reviews": lambda: forge.approvals(1, commit(BRANCH)),
        "GET /status": lambda: forge.statuses(commit(BRANCH)),
    }
    for request, call in calls.items():
        server.fail(request, 200, body)
        with refused(NetworkError, "not one of Gitea's API"):
            call()


@pytest.mark.parametrize("requirement", [{"enable_status_check": True}, {"required_approvals": 1}])
def test_auto_merge_is_scheduled_once(forge: Gitea, server: GiteaServer, requirement: dict[str, object]) -> None:
    server.protection |= requirement
    server.add_pull(BRANCH, base="release/1")
    server.fail("POST /merge", 504, works=True)
    forge.enable_auto_merge(1, "squash")
    forge.enable_auto_merge(1, "squash")
    assert server.scheduled == {1: "squash"}
    assert server.sent("POST", "/merge")[0].body == {
        "Do": "squash",
        "head_commit_id": commit(BRANCH),
        "merge_when_checks_succeed": True,
    }
    forge.merge(1, commit(BRANCH), "", "merge")
    forge.enable_auto_merge(1, "rebase")
    assert len(server.sent("POST", "/merge")) == 4


def test_auto_merge_without_a_requirement_would_merge_at_once(forge: Gitea, server: GiteaServer) -> None:
    server.add_pull(BRANCH)
    with refused(Blocked, "has nothing to wait for", "require checks or approvals"):
        forge.enable_auto_merge(1, "merge")
    assert (server.sent("POST"), server.scheduled) == ([], {})


@pytest.mark.parametrize(
    ("status", "message", "error", "word"),
    [
        (405, "User not allowed to merge PR", Blocked, "not allowed"),
        (403, "token does not have at least one of required scope(s)", UsageError, "write:repository"),
        (423, "repo is archived", UsageError, "archived"),
        (409, "something else", Blocked, "something else"),
        (418, "a teapot", NetworkError, "a teapot"),
    ],
)
def test_auto_merge_says_what_prevents_it(
    forge: Gitea, server: GiteaServer, status: int, message: str, error: type[PromoteError], word: str
) -> None:
    server.protection |= {"enable_status_check": True}
    server.add_pull(BRANCH)
    server.fail("POST /merge", status, {"message": f"{message} {TOKEN}"})
    with refused(error, "pull request #1", word):
        forge.enable_auto_merge(1, "merge")
    assert server.scheduled == {}


@pytest.mark.parametrize(
    ("status", "headers", "paused"),
    [
        (429, {"Retry-After": "7"}, 7.0),
        (403, {"Retry-After": "9"}, 9.0),
        (429, {}, 60.0),
        # The time is over: only the pause before the next attempt is left.
        (429, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 1.0),
    ],
)
def test_a_rate_limit_is_waited_for(
    forge: Gitea, server: GiteaServer, pauses: list[float], status: int, headers: dict[str, str], paused: float
) -> None:
    server.fail("POST /pulls", status, ECHO, headers=headers)
    assert forge.open(BRANCH, "main", "ours", "").number == 1
    assert pauses == [paused]


def test_a_rate_limit_that_lasts_too_long_is_not_waited_for(
    forge: Gitea, server: GiteaServer, pauses: list[float]
) -> None:
    server.fail("POST /pulls", 429, ECHO, headers={"Retry-After": "300"})
    with refused(NetworkError, "limits the rate", "again in 300 s"):
        forge.open(BRANCH, "main", "ours", "")
    server.fail("GET /pulls", 429, ECHO, headers={"Retry-After": "40"}, times=2)
    with refused(NetworkError, "limits the rate", "in 40 s"):
        forge.list_open("main")
    assert (server.pulls, pauses) == ({}, [40.0])
