from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from promote.errors import Blocked, NetworkError, PromoteError, RaceLost, UsageError
from promote.forge.github_client import GitHub
from promote.forge.protocol import Forge
from tests.integration.forge_server import commit
from tests.integration.forges import (
    BRANCH,
    ECHO,
    GARBAGE_LISTS,
    GITHUB,
    REPOSITORY,
    TOKEN,
    Kind,
    refused,
)
from tests.integration.github_server import GitHubServer

pytestmark = pytest.mark.quick


@pytest.fixture
def kind() -> Kind:
    return GITHUB


def test_it_is_a_forge() -> None:
    checked: Forge = GitHub.from_remote("git@github.com:mediq/infra", {"GH_TOKEN": TOKEN})
    assert checked.name == "github"


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/mediq/infra",
        "https://github.com/mediq/infra.git",
        "https://github.com/mediq/infra.git/",
        "https://x-access-token:sesame@GitHub.com/mediq/infra/",
        "http://github.com/mediq/infra",
        "git@github.com:mediq/infra.git",
        "git@github.com:/mediq/infra",
        "github.com:mediq/infra.git",
        "ssh://git@github.com/mediq/infra.git",
        "ssh://git@ssh.github.com:443/mediq/infra.git",
        "git+ssh://git@github.com/mediq/infra",
    ],
)
def test_a_remote_of_github_com(remote: str) -> None:
    forge = GitHub.from_remote(remote, {"GH_TOKEN": TOKEN, "GITHUB_REPOSITORY": "other/place"})
    assert repr(forge) == "GitHub('mediq/infra', 'https://api.github.com')"


@pytest.mark.parametrize(
    ("remote", "environ", "api"),
    [
        ("git@git.example.com:mediq/infra.git", {}, "https://git.example.com/api/v3"),
        ("ssh://git@git.example.com:2222/mediq/infra", {}, "https://git.example.com/api/v3"),
        ("https://git.example.com:8443/mediq/infra", {}, "https://git.example.com:8443/api/v3"),
        ("git@mediq.ghe.com:mediq/infra.git", {"GH_TOKEN": TOKEN}, "https://api.mediq.ghe.com"),
        (
            "git@work:mediq/infra.git",
            {"GH_HOST": "github.com", "GH_TOKEN": TOKEN},
            "https://api.github.com",
        ),
        (
            "git@github.com:mediq/infra.git",
            {"GITHUB_API_URL": "https://git.example.com/api/v3/", "GH_HOST": "ignored.example"},
            "https://git.example.com/api/v3",
        ),
        ("/srv/infra.git", {"GITHUB_REPOSITORY": REPOSITORY, "GH_TOKEN": TOKEN}, "https://api.github.com"),
        ("file:///srv/infra", {"GITHUB_REPOSITORY": REPOSITORY, "GH_TOKEN": TOKEN}, "https://api.github.com"),
    ],
)
def test_the_address_of_the_api(remote: str, environ: dict[str, str], api: str) -> None:
    forge = GitHub.from_remote(remote, {"GH_ENTERPRISE_TOKEN": TOKEN} | environ)
    assert (forge.repository, forge.api) == (REPOSITORY, api)


@pytest.mark.parametrize(
    "remote",
    [
        "",
        "/srv/infra.git",
        "../infra",
        "file:///srv/infra.git",
        r"C:\infra",
        "https://github.com/mediq",
        "https://github.com/mediq/..",
        "https://github.com/mediq/infra/tree/main",
        "https://me:" + TOKEN + "@github.com/mediq",
    ],
)
def test_a_remote_that_names_no_repository(remote: str) -> None:
    with refused(UsageError, "GITHUB_REPOSITORY=OWNER/REPOSITORY"):
        GitHub.from_remote(remote, {"GH_TOKEN": TOKEN})


@pytest.mark.parametrize(
    ("environ", "word"),
    [
        ({"GITHUB_API_URL": "http://git.example.com/api/v3"}, "GITHUB_API_URL"),
        ({"GITHUB_API_URL": f"https://{TOKEN}@git.example.com"}, "GITHUB_API_URL"),
        ({"GITHUB_API_URL": "git.example.com"}, "GITHUB_API_URL"),
        ({"GH_HOST": "https://github.com"}, "GH_HOST"),
        ({"GH_TOKEN": TOKEN + "\nx"}, "GH_TOKEN"),
        ({"GH_TOKEN": TOKEN + "é"}, "GH_TOKEN"),
    ],
)
def test_an_environment_that_cannot_be_meant(environ: dict[str, str], word: str) -> None:
    with refused(UsageError, word):
        GitHub.from_remote("git@github.com:mediq/infra", {"GITHUB_TOKEN": TOKEN} | environ)


ALL_TOKENS = {
    "GH_TOKEN": "gh",
    "GITHUB_TOKEN": "github",
    "GH_ENTERPRISE_TOKEN": "gh-enterprise",
    "GITHUB_ENTERPRISE_TOKEN": "github-enterprise",
}


@pytest.mark.parametrize(
    ("host", "without", "variable"),
    [
        ("github.com", [], "GH_TOKEN"),
        ("github.com", ["GH_TOKEN"], "GITHUB_TOKEN"),
        ("git.example.com", [], "GH_ENTERPRISE_TOKEN"),
        ("git.example.com", ["GH_ENTERPRISE_TOKEN"], "GITHUB_ENTERPRISE_TOKEN"),
    ],
)
def test_the_token_that_is_meant_for_the_host(host: str, without: list[str], variable: str) -> None:
    environ = ALL_TOKENS | dict.fromkeys(without, " ")
    forge = GitHub.from_remote(f"git@{host}:mediq/infra", environ)
    assert (forge._token.variable, forge._token.value) == (variable, ALL_TOKENS[variable])


def test_without_a_token_the_message_names_the_variable() -> None:
    with refused(UsageError, "GH_TOKEN", "GITHUB_TOKEN", "api.github.com", REPOSITORY):
        GitHub.from_remote("git@github.com:mediq/infra", {})


def test_a_token_of_github_com_stays_there() -> None:
    with refused(UsageError, "GH_ENTERPRISE_TOKEN", "git.example.com"):
        GitHub.from_remote("git@git.example.com:mediq/infra", {"GH_TOKEN": TOKEN, "GITHUB_TOKEN": TOKEN})


def test_open_says_what_is_wrong_with_the_branch(forge: GitHub, server: GitHubServer) -> None:
    with refused(UsageError, "head invalid", "(422)", "pushed"):
        forge.open("nowhere", "main", "ours", "")
    server.branches[BRANCH] = server.branches["main"]
    with refused(UsageError, "No commits between main and"):
        forge.open(BRANCH, "main", "ours", "")


def test_a_renamed_repository_is_followed_though_the_filters_get_lost(forge: GitHub, server: GitHubServer) -> None:
    server.add_pull(BRANCH, base="develop")
    server.add_pull("another")
    server.add_pull(BRANCH)
    moved = {"Location": f"{server.api}/repositories/7/pulls"}
    server.fail("GET /pulls", 301, headers=moved)
    found = forge.find_open(BRANCH, "main")
    assert found
    assert found.number == 3
    server.fail("GET /pulls", 301, headers=moved)
    assert [pull.number for pull in forge.list_open("main")] == [2, 3]
    assert server.seen[-1].path == "/repositories/7/pulls"


def test_a_fork_in_the_same_organization_is_a_fork(forge: GitHub, server: GitHubServer) -> None:
    fork = server.add_pull(BRANCH, fork="mediq")
    assert fork["head"]["label"] == f"mediq:{BRANCH}"
    assert forge.find_open(BRANCH, "main") is None


def test_list_open_tells_the_branches_of_forks_apart(forge: GitHub, server: GitHubServer) -> None:
    server.add_pull(BRANCH)
    server.add_pull(BRANCH, fork="mallory")
    gone = server.add_pull(BRANCH, fork="mallory")
    gone["head"] |= {"repo": None, "label": None}
    assert [pull.head for pull in forge.list_open("main")] == [
        BRANCH,
        f"mallory:{BRANCH}",
        f"unknown:{BRANCH}",
    ]


def test_merge_loses_the_race_when_the_branch_moved(forge: GitHub, server: GitHubServer) -> None:
    server.add_pull(BRANCH)
    with refused(RaceLost, "Head branch was modified", "#1"):
        forge.merge(1, commit("what we saw"), "", "merge")
    server.not_mergeable = "Base branch was modified. Review and try the merge again."
    with refused(RaceLost, "Base branch was modified"):
        forge.merge(1, commit(BRANCH), "", "merge")
    assert server.pulls[1]["state"] == "open"


def test_approvals_are_the_last_verdicts_on_the_commit(forge: GitHub, server: GitHubServer) -> None:
    server.page_size = 2
    server.add_pull(BRANCH)
    assert forge.approvals(1, commit(BRANCH)) == ()
    server.review(1, "zoe")
    server.review(1, "zoe", "COMMENTED")
    server.review(1, "anna", "CHANGES_REQUESTED")
    server.review(1, "anna")
    server.review(1, "eve")
    server.review(1, "eve", "CHANGES_REQUESTED")
    server.review(1, "dora", "DISMISSED")
    server.review(1, "passer-by", author_association="CONTRIBUTOR")
    server.review(1, "early", commit_id=commit("what was the head before"))
    server.review(1, "gone", user=None)
    assert forge.approvals(1, commit(BRANCH)) == ("anna", "zoe")
    assert forge.approvals(1, commit("what was the head before")) == ("early",)
    with refused(UsageError, "pull request #9"):
        forge.approvals(9, commit(BRANCH))


def test_statuses_are_the_newest_of_each_name(forge: GitHub, server: GitHubServer) -> None:
    server.page_size = 2
    sha = commit(BRANCH)
    assert forge.statuses(sha) == {}
    for context, state in (("ci/a", "pending"), ("ci/a", "success"), ("ci/b", "error"), ("ci/c", "pending")):
        server.set_status(sha, context, state)
    for name, conclusion in (
        ("build", "success"), ("lint", "skipped"), ("docs", "neutral"), ("e2e", None), ("scan", "timed_out"),
        # The same workflow, once for the push and once for the pull request.
        ("twice", "failure"), ("twice", "success"), ("ci/a", None),
    ):  # fmt: skip
        server.run_check(sha, name, conclusion)
    server.run_check(commit("main"), "other", "success")
    assert forge.statuses(sha) == {
        "ci/a": "pending", "ci/b": "failure", "ci/c": "pending", "build": "success", "lint": "success",
        "docs": "success", "e2e": "pending", "scan": "failure", "twice": "failure",
    }  # fmt: skip


def test_statuses_that_the_token_may_not_read(forge: GitHub, server: GitHubServer) -> None:
    server.fail("GET /check-runs", 403, {"message": "Resource not accessible by personal access token"})
    with refused(UsageError, "checks of ", "'checks: read' and 'statuses: read'"):
        forge.statuses(commit(BRANCH))


@pytest.mark.parametrize("body", GARBAGE_LISTS)
def test_garbage_is_not_taken_for_no_review_and_no_check(forge: GitHub, server: GitHubServer, body: str) -> None:
    server.add_pull(BRANCH)
    calls: dict[str, Callable[[], object]] = {
        "GET /reviews": lambda: forge.approvals(1, commit(BRANCH)),
        f"GET /statuses/{commit(BRANCH)}": lambda: forge.statuses(commit(BRANCH)),
        "GET /check-runs": lambda: forge.statuses(commit(BRANCH)),
    }
    for request, call in calls.items():
        server.fail(request, 200, body)
        with refused(NetworkError):
            call()


def test_auto_merge_waits_for_the_head_that_was_seen(forge: GitHub, server: GitHubServer) -> None:
    server.add_pull(BRANCH)
    forge.enable_auto_merge(1, "squash")
    assert server.sent("POST", "/graphql")[0].body["variables"]["input"] == {
        "pullRequestId": "PR_1",
        "mergeMethod": "SQUASH",
        "expectedHeadOid": commit(BRANCH),
    }
    assert server.pulls[1]["auto_merge"] == {"merge_method": "squash"}


def test_auto_merge_is_enabled_once_though_the_answer_was_lost(forge: GitHub, server: GitHubServer) -> None:
    server.add_pull(BRANCH)
    server.fail("POST /graphql", 504, works=True)
    forge.enable_auto_merge(1, "merge")
    forge.enable_auto_merge(1, "merge")
    assert len(server.sent("POST", "/graphql")) == 1
    forge.merge(1, commit(BRANCH), "", "merge")
    forge.enable_auto_merge(1, "rebase")
    assert len(server.sent("POST", "/graphql")) == 1


@pytest.mark.parametrize(
    ("type_", "message", "error", "word"),
    [
        ("UNPROCESSABLE", "Auto merge is not allowed for this repository", UsageError, "settings"),
        ("UNPROCESSABLE", "Pull request Pull request is in clean status", Blocked, "has nothing to wait for"),
        ("UNPROCESSABLE", "Pull request is closed", Blocked, "closed"),
        ("UNPROCESSABLE", "Head branch was modified. Review and try again.", RaceLost, "again"),
        ("FORBIDDEN", "Resource not accessible by integration", UsageError, "pull-requests: write"),
        ("NOT_FOUND", "Could not resolve to a node", UsageError, "may not read it"),
        ("INTERNAL", "Something went wrong", NetworkError, "Something went wrong"),
    ],
)
def test_auto_merge_says_what_stands_against_it(
    forge: GitHub, server: GitHubServer, type_: str, message: str, error: type[PromoteError], word: str
) -> None:
    server.add_pull(BRANCH)
    server.auto_merge_error = {"type": type_, "message": f"{message} {TOKEN}"}
    with refused(error, "pull request #1", word):
        forge.enable_auto_merge(1, "merge")
    assert server.pulls[1]["auto_merge"] is None


@pytest.mark.parametrize(
    ("status", "body", "headers", "paused"),
    [
        (429, ECHO, {"Retry-After": "7"}, 7.0),
        (403, ECHO, {"Retry-After": "9"}, 9.0),
        # The time is over: only the pause before the next attempt is left.
        (429, ECHO, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 1.0),
        (403, {"message": "You have exceeded a secondary rate limit. Wait."}, {}, 60.0),
        (200, {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}, {}, 60.0),
    ],
)
def test_a_rate_limit_is_waited_for_as_long_as_github_asks(
    forge: GitHub,
    server: GitHubServer,
    pauses: list[float],
    status: int,
    body: object,
    headers: dict[str, str],
    paused: float,
) -> None:
    server.add_pull(BRANCH)
    server.fail("POST /graphql", status, body, headers=headers)
    forge.enable_auto_merge(1, "merge")
    assert server.pulls[1]["auto_merge"] == {"merge_method": "merge"}
    assert pauses == [paused]


def test_a_rate_limit_that_lasts_too_long_is_not_waited_for(
    forge: GitHub, server: GitHubServer, pauses: list[float]
) -> None:
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 3000)}
    server.fail("POST /pulls", 403, {"message": "API rate limit exceeded for user"}, headers=reset)
    with refused(NetworkError, "limits the rate", "again in 300"):
        forge.open(BRANCH, "main", "ours", "")
    server.fail("GET /pulls", 429, ECHO, headers={"Retry-After": "40"}, times=2)
    with refused(NetworkError, "limits the rate", "in 40 s"):
        forge.list_open("main")
    assert (server.pulls, pauses) == ({}, [40.0])


def test_the_token_follows_no_link_to_another_host(forge: GitHub, server: GitHubServer) -> None:
    elsewhere = server.api.replace("127.0.0.1", "localhost") + "/repos/mediq/infra/pulls"
    server.fail("GET /pulls", 200, [server.add_pull(BRANCH)], headers={"Link": f'<{elsewhere}>; rel="next"'})
    with refused(NetworkError, "remote's address"):
        forge.list_open("main")
    assert len(server.seen) == 1
