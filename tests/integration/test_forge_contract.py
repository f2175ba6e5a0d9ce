"""What every forge with a server must do, asked of each of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from promote.errors import Blocked, NetworkError, UsageError
from promote.forge.attempts import MAX_BODY
from promote.forge.protocol import Forge, PullRequest
from tests.integration.forge_server import ForgeServer, commit
from tests.integration.forges import (
    BRANCH,
    ECHO,
    GARBAGE_LISTS,
    GITEA,
    GITHUB,
    GITLAB,
    REPOSITORY,
    TOKEN,
    Kind,
    refused,
)

pytestmark = pytest.mark.quick


@pytest.fixture(params=[GITHUB, GITEA, GITLAB], ids=lambda kind: kind.title)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


GARBAGE = [
    "<html>Sign in to the guest network</html>",
    "",
    "[]",
    "{",
    "null",
    '{"number": "seven", "head": []}',
    '{"message": "Moved Permanently", "url": "https://api.github.com/repositories/7"}',
]


def test_open_creates_what_it_returns(forge: Forge, server: ForgeServer) -> None:
    opened = forge.open(BRANCH, "main", "promote: two images", "What → why")
    assert opened == PullRequest(
        number=1,
        url=server.pulls[1][server.URL],
        title="promote: two images",
        body="What → why",
        head=BRANCH,
        base="main",
        head_commit=commit(BRANCH),
        state="open",
    )
    assert server.pulls[1][server.BODY] == "What → why"
    assert forge.find_open(BRANCH, "main") == forge.get(1) == opened


def test_open_returns_the_one_a_rival_has_just_opened(forge: Forge, server: ForgeServer, pauses: list[float]) -> None:
    server.add_pull(BRANCH, title="a rival's")
    assert forge.open(BRANCH, "main", "ours", "").title == "a rival's"
    assert (len(server.pulls), pauses) == (1, [])


def test_open_waits_until_the_rivals_is_listed(forge: Forge, server: ForgeServer, pauses: list[float]) -> None:
    server.add_pull(BRANCH)
    server.fail("GET /pulls", 200, [])
    assert forge.open(BRANCH, "main", "ours", "").number == 1
    assert (len(server.pulls), pauses) == (1, [1.0])


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_open_makes_one_pull_request_though_the_answer_was_lost(
    forge: Forge, server: ForgeServer, pauses: list[float], status: int
) -> None:
    server.fail("POST /pulls", status, works=True)
    assert forge.open(BRANCH, "main", "ours", "").number == 1
    assert list(server.pulls) == [1]
    assert (len(server.sent("POST")), pauses) == (1, [])


@pytest.mark.slow
def test_open_makes_one_pull_request_though_it_timed_out(forge: Forge, server: ForgeServer) -> None:
    server.hang("POST /pulls", works=True)
    assert forge.open(BRANCH, "main", "ours", "").number == 1
    assert (list(server.pulls), len(server.sent("POST"))) == ([1], 1)


def test_open_tries_again_when_nothing_was_done(forge: Forge, server: ForgeServer, pauses: list[float]) -> None:
    server.fail("POST /pulls", 502, times=2)
    assert forge.open(BRANCH, "main", "ours", "").number == 1
    assert (list(server.pulls), pauses) == ([1], [1.0, 2.0])


def test_open_looks_again_when_even_the_look_failed(forge: Forge, server: ForgeServer) -> None:
    server.fail("POST /pulls", 504, works=True)
    server.fail("GET /pulls", 502)
    assert forge.open(BRANCH, "main", "ours", "").number == 1
    assert list(server.pulls) == [1]


def test_a_long_body_is_cut_where_nothing_hides_the_note(forge: Forge, server: ForgeServer, kind: Kind) -> None:
    forge.open(BRANCH, "main", "ours", "x" * (MAX_BODY + 1))
    assert server.pulls[1][server.BODY].startswith("x" * (MAX_BODY - 200))
    forge.update(1, "ours", "x" * MAX_BODY)
    assert server.pulls[1][server.BODY] == "x" * MAX_BODY
    forge.update(1, "ours", "<details>\n\n```diff\n" + "+ a line\n" * MAX_BODY)
    body = server.pulls[1][server.BODY]
    assert MAX_BODY - 200 < len(body) <= MAX_BODY
    kept, note = body.split("+ a line\n```\n\n</details>\n\n")
    assert kept.endswith("+ a line\n")
    assert note == f"*Cut here: {kind.title} gets at most 65,536 characters. `promote plan` shows the rest.*"


def test_find_open_ignores_forks_other_bases_and_closed_ones(forge: Forge, server: ForgeServer) -> None:
    server.add_pull(BRANCH, fork="mallory")
    server.add_pull(BRANCH, base="develop")
    server.add_pull(BRANCH, state="closed")
    assert forge.find_open(BRANCH, "main") is None
    # As an answer to an older or mirrored API that ignores the filters.
    server.fail("GET /pulls", 200, list(server.pulls.values()))
    assert forge.find_open(BRANCH, "main") is None
    server.add_pull(BRANCH)
    found = forge.find_open(BRANCH, "main")
    assert found
    assert found.number == 4


def test_list_open_reads_every_page_by_number(forge: Forge, server: ForgeServer) -> None:
    server.page_size = 2
    for number in range(1, 8):
        server.add_pull(f"promote/{number}", base="develop" if number == 4 else "main")
    listed = forge.list_open("main")
    assert [pull.number for pull in listed] == [1, 2, 3, 5, 6, 7]
    assert len(server.sent("GET", "/pulls")) == 3


def test_get_tells_open_merged_and_closed_apart(forge: Forge, server: ForgeServer) -> None:
    server.add_pull("a")
    server.add_pull("b", state="closed", merged_at="2024-05-06T07:08:09Z")
    server.add_pull("c", state="closed")
    assert [forge.get(number).state for number in (1, 2, 3)] == ["open", "merged", "closed"]


def test_a_number_that_does_not_exist(forge: Forge) -> None:
    calls: list[Callable[[], object]] = [
        lambda: forge.get(9),
        lambda: forge.update(9, "title", ""),
        lambda: forge.merge(9, commit(BRANCH), "", "merge"),
        lambda: forge.enable_auto_merge(9, "merge"),
    ]
    for call in calls:
        with refused(UsageError, "pull request #9 in mediq/infra", "404"):
            call()


def test_update_replaces_title_and_body(forge: Forge, server: ForgeServer, pauses: list[float]) -> None:
    server.add_pull(BRANCH)
    server.fail("PATCH /pulls/1", 503, headers={"Retry-After": "5"})
    updated = forge.update(1, "new title", "new body")
    assert (updated.number, updated.title, updated.body) == (1, "new title", "new body")
    assert (server.pulls[1]["title"], server.pulls[1][server.BODY]) == ("new title", "new body")
    assert pauses == [5.0]


def test_merge_returns_the_new_commit_of_the_base(forge: Forge, server: ForgeServer) -> None:
    server.add_pull(BRANCH)
    merged = forge.merge(1, commit(BRANCH), "", "squash")
    assert merged == commit("squash of 1") == server.pulls[1]["merge_commit_sha"]
    assert forge.get(1).state == "merged"


@pytest.mark.parametrize("status", [502, 504])
def test_merge_finds_what_it_merged_though_the_answer_was_lost(
    forge: Forge, server: ForgeServer, status: int, kind: Kind
) -> None:
    server.add_pull(BRANCH)
    server.fail(kind.merge, status, works=True)
    server.allow("rebase")
    assert forge.merge(1, commit(BRANCH), "", "rebase") == server.merged(1, "rebase")
    assert len(server.sent(*kind.merge.split())) == 1


def test_merge_run_again_returns_the_same_commit(forge: Forge, server: ForgeServer) -> None:
    server.add_pull(BRANCH)
    assert forge.merge(1, commit(BRANCH), "", "merge") == forge.merge(1, commit(BRANCH), "", "merge")
    with refused(Blocked, "not mergeable"):
        forge.merge(1, commit("another head"), "", "merge")


def test_merge_is_blocked_for_the_reason_of_the_forge(forge: Forge, server: ForgeServer, pauses: list[float]) -> None:
    server.add_pull(BRANCH)
    server.not_mergeable = f"At least 1 approving review is required\nby {TOKEN} " + "x" * 1000
    with refused(Blocked, "pull request #1", "At least 1 approving review is required by ***"):
        forge.merge(1, commit(BRANCH), "", "merge")
    assert (server.pulls[1]["state"], pauses) == (server.OPEN, [])


@pytest.mark.slow
def test_a_passing_failure_is_not_seen(forge: Forge, server: ForgeServer, pauses: list[float]) -> None:
    server.add_pull(BRANCH)
    server.fail("GET /pulls/1", 502, ECHO)
    server.hang("GET /pulls/1")
    assert forge.get(1).number == 1
    assert pauses == [1.0, 2.0]


def test_a_lasting_failure_ends(forge: Forge, server: ForgeServer, pauses: list[float]) -> None:
    server.fail("GET /pulls", 502, ECHO, times=9)
    with refused(NetworkError, "failed (502)", "run the same command again"):
        forge.list_open("main")
    assert (len(server.sent("GET")), pauses) == (4, [1.0, 2.0, 4.0])


def test_a_host_that_is_not_there(monkeypatch: pytest.MonkeyPatch, pauses: list[float], kind: Kind) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with kind.server(REPOSITORY, TOKEN) as gone:
        forge = kind.connect(gone, pauses, TOKEN)
    with refused(NetworkError, "cannot reach 127.0.0.1", "ConnectionError"):
        forge.get(1)


def test_a_token_that_is_not_accepted(server: ForgeServer, pauses: list[float], kind: Kind) -> None:
    forge = kind.connect(server, pauses, "ghp_another")
    with refused(UsageError, "(401)", kind.variable):
        forge.open(BRANCH, "main", "ours", "")
    assert (server.pulls, pauses) == ({}, [])


def test_a_token_that_may_not_write(forge: Forge, server: ForgeServer, kind: Kind) -> None:
    server.fail("POST /pulls", 403, {"message": f"Resource not accessible by integration {TOKEN}"})
    with refused(UsageError, "Resource not accessible", *kind.scope):
        forge.open(BRANCH, "main", "ours", "")


def test_a_repository_that_the_token_may_not_see(forge: Forge, server: ForgeServer, kind: Kind) -> None:
    server.fail("GET /pulls", 404, {"message": "Not Found"}, times=2)
    server.fail("GET /infra", 404, {"message": "Not Found"})
    with refused(UsageError, "repository mediq/infra", kind.variable):
        forge.list_open("main")


@pytest.mark.slow
@pytest.mark.parametrize("body", GARBAGE)
@pytest.mark.parametrize("status", [200, 400])
def test_garbage_is_told_as_such(forge: Forge, server: ForgeServer, body: str, status: int, kind: Kind) -> None:
    server.add_pull("another")
    calls: dict[str, Callable[[], object]] = {
        "GET /pulls/1": lambda: forge.get(1),
        "POST /pulls": lambda: forge.open(BRANCH, "main", "ours", ""),
        "PATCH /pulls/1": lambda: forge.update(1, "title", ""),
        kind.merge: lambda: forge.merge(1, commit("another"), "", "merge"),
    }
    for request, call in calls.items():
        server.fail(request, status, body)
        with refused(NetworkError):
            call()


@pytest.mark.parametrize("body", GARBAGE_LISTS)
def test_a_list_of_garbage_is_not_an_empty_list(forge: Forge, server: ForgeServer, body: str) -> None:
    server.fail("GET /pulls", 200, body)
    with refused(NetworkError):
        forge.list_open("main")


def test_garbage_after_the_work_was_done_makes_no_twin(forge: Forge, server: ForgeServer, kind: Kind) -> None:
    server.fail("POST /pulls", 200, "<html>", works=True)
    assert forge.open(BRANCH, "main", "ours", "").number == 1
    server.fail(kind.merge, 200, "<html>", works=True)
    assert forge.merge(1, commit(BRANCH), "", "merge") == commit("merge of 1")


def test_the_token_follows_no_redirection_to_another_host(forge: Forge, server: ForgeServer) -> None:
    elsewhere = server.api.replace("127.0.0.1", "localhost") + "/mediq/infra/pulls"
    server.fail("GET /pulls", 301, headers={"Location": elsewhere})
    with refused(NetworkError, "remote's address"):
        forge.list_open("main")
    assert len(server.seen) == 1
