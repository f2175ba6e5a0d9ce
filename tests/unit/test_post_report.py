"""The comment with a stranger's report: bounded, plain, and only ours."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tools import post_report

COMMIT = "a" * 40
TOKEN = "a-token-that-can-write"  # noqa: S105 it is nobody's


def zipped(text: str, name: str = post_report.FILE) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return packed.getvalue()


class GitHub(HTTPServer):
    """As much of GitHub as the script asks for; the archive is at another address, as GitHub has it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.archive = zipped("fine\n")
        self.size = 100
        self.heads = {7: COMMIT}
        self.comments: list[dict[str, Any]] = []
        self.wrote: list[tuple[str, str, str]] = []
        self.tokens_at_store: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: GitHub

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/store":
            self.server.tokens_at_store.append(self.headers.get("Authorization"))
            self._answer(200, self.server.archive)
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer(401, b"{}")
        elif path.endswith("/artifacts"):
            one = {"id": 3, "name": "report", "expired": False, "size_in_bytes": self.server.size}
            self._answer(200, json.dumps({"artifacts": [one]}).encode())
        elif path.endswith("/zip"):
            self._answer(302, b"", {"Location": f"{self.server.url}/store"})
        elif path.endswith("/pulls"):
            found = [{"number": number, "head": {"sha": sha}} for number, sha in self.server.heads.items()]
            self._answer(200, json.dumps(found).encode())
        else:
            first = "page=1" in self.path.partition("?")[2].split("&")
            self._answer(200, json.dumps(self.server.comments if first else []).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]
        self.server.wrote.append((self.command, self.path, body))
        self._answer(200, b"{}")

    do_PATCH = do_POST  # noqa: N815 the name is given

    def _answer(self, code: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with GitHub() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(github: GitHub) -> int:
    return post_report.main(
        {"GITHUB_REPOSITORY": "mediq/infra", "GITHUB_API_URL": github.url, "GITHUB_TOKEN": TOKEN, "RUN_ID": "5",
         "HEAD_SHA": COMMIT, "HEAD_OWNER": "stranger", "HEAD_BRANCH": "a&b=c"}
    )  # fmt: skip


def test_a_report_becomes_one_comment_without_the_token_leaving_the_api(github: GitHub) -> None:
    assert run(github) == 0
    [(method, path, body)] = github.wrote
    assert (method, path) == ("POST", "/repos/mediq/infra/issues/7/comments")
    assert body.startswith(post_report.MARKER)
    assert "```text\nfine\n\n```" in body
    assert github.tokens_at_store == [None]


def test_only_our_own_comment_is_renewed(github: GitHub) -> None:
    github.comments = [
        {"id": 1, "user": {"login": "stranger"}, "body": post_report.MARKER},
        {"id": 2, "user": {"login": post_report.AUTHOR}, "body": "another"},
        {"id": 3, "user": {"login": post_report.AUTHOR}, "body": f"{post_report.MARKER}\nold"},
    ]
    run(github)
    assert [(method, path) for method, path, _ in github.wrote] == [("PATCH", "/repos/mediq/infra/issues/comments/3")]


def test_a_branch_that_has_moved_gets_no_comment(github: GitHub) -> None:
    github.heads = {7: "b" * 40}
    assert run(github) == 0
    assert github.wrote == []


@pytest.mark.parametrize(
    "archive", [b"no archive", zipped("x", "../report.txt"), zipped("0" * (post_report.MOST_BYTES + 1))]
)
def test_what_is_no_report_is_refused(github: GitHub, archive: bytes) -> None:
    github.archive = archive
    with pytest.raises(ValueError, match=r"archive|bytes"):
        run(github)
    assert github.wrote == []


def test_a_report_that_is_too_large_is_not_even_read(github: GitHub) -> None:
    github.size = post_report.MOST_BYTES + 1
    assert run(github) == 0
    assert github.tokens_at_store == []


def test_nothing_in_a_report_has_a_meaning() -> None:
    text = "\x1b[31mred\u202e\n````\n@everyone [here](https://evil.example) <!-- promote: report -->\n"
    body = post_report.comment(text, COMMIT)
    fence = "`" * 7
    before, inside, after = body.split(fence)
    assert "@everyone" in inside
    assert "@everyone" not in before + after
    assert "\x1b" not in body
    assert "\u202e" not in body
    for long in ("x" * 10**6, "`" * 10**6, f"{'`' * 30_000}a" * 9, f"{'`' * 99}a" * 999):
        assert len(post_report.comment(long, COMMIT)) < 65_536
