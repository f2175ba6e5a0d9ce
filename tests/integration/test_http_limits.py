"""Servers that never finish: what they may send, and how long a command waits, has limits."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import yaml

from promote.cluster.client import Address, Cluster
from promote.cluster.resources import Resource
from promote.errors import NetworkError
from promote.forge.gitea import is_gitea
from promote.forge.gitea_client import Gitea
from promote.forge.github_client import GitHub
from promote.forge.gitlab import is_gitlab
from promote.forge.gitlab_client import GitLab
from promote.strategy import prometheus
from promote.strategy.prometheus import Prometheus
from promote.system import deadline, http, settings
from tests.integration.forges import REPOSITORY, TOKEN

pytestmark = pytest.mark.quick

Behaviour = Callable[[BaseHTTPRequestHandler], None]
Ask = Callable[[str], object]
OVER = "has not given whole answers within"
LONG = "is longer than"


class Server(ThreadingHTTPServer):
    """Answers every request in the same way, until it is closed."""

    daemon_threads = True

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = behaviour
        self.closing = Event()
        self.sent = 0
        self.requests = 0

    def handle_error(self, *_: object) -> None:
        """A client that leaves is what is expected here."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def handle_request(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.requests += 1
        self.server.behaviour(self)

    do_GET = do_POST = handle_request  # noqa: N815 http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 http.server's name
        """Nobody reads it."""


def say(handler: Any, status: int, content: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content_Length": str(len(content)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(content)


def drip_headers(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    _drip(handler)


def drip_body(handler: Any) -> None:
    say(handler, 200, b"", Content_Length="1000000", Content_Type="application/json")
    _drip(handler)


def _drip(handler: Any) -> None:
    while not handler.server.closing.wait(0.02):
        handler.wfile.write(b" ")


def flood(handler: Any) -> None:
    say(handler, 200, b"", Content_Length=str(1 << 40), Content_Type="application/json")
    block = b" " * (1 << 20)
    while not handler.server.closing.is_set():
        handler.wfile.write(block)
        handler.server.sent += len(block)


@cache
def packed() -> bytes:
    """A body of 80 MiB in 80 KiB."""
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    return b"".join(packer.compress(b" " * (1 << 20)) for _ in range(80)) + packer.flush()


def bomb(handler: Any) -> None:
    say(handler, 200, packed(), Content_Encoding="gzip", Content_Type="application/json")


def nested(handler: Any) -> None:
    content = gzip.compress(packed())
    say(handler, 200, content, Content_Encoding="gzip, gzip", Content_Type="application/json")


def endless_list(handler: Any) -> None:
    repository = {"id": 7, "full_name": REPOSITORY}
    pull = {
        "number": 1, "state": "closed", "html_url": "https://x", "url": "https://x", "title": "t", "body": None,
        "merged_at": None, "head": {"ref": "a", "sha": "b", "label": "o:a", "repo": repository},
        "base": {"ref": "main", "sha": "c", "label": "o:main", "repo": repository},
    }  # fmt: skip
    link = f'<http://{handler.headers["Host"]}{handler.path}>; rel="next"'
    say(handler, 200, json.dumps([pull]).encode(), Link=link, Content_Type="application/json")


def endless_redirects(handler: Any) -> None:
    where = f"http://{handler.headers['Host']}/{handler.server.requests}"
    say(handler, 301, b"{}", Location=where, Content_Type="application/json")


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Behaviour], Server]]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv(settings.HTTP, "1")
    started: list[Server] = []

    def start(behaviour: Behaviour) -> Server:
        started.append(Server(behaviour))
        Thread(target=started[-1].serve_forever, args=(0.01,), daemon=True).start()
        return started[-1]

    yield start
    for server in started:
        server.closing.set()
        server.shutdown()
        server.server_close()


def github(url: str) -> object:
    environ = {"GITHUB_API_URL": url, "GH_TOKEN": TOKEN}
    return GitHub.from_remote(f"git@github.com:{REPOSITORY}.git", environ, sleep=lambda _: None).list_open("main")


def gitea(url: str) -> object:
    remote = f"{url}/{REPOSITORY}.git"
    return Gitea.from_remote(remote, {"GITEA_TOKEN": TOKEN}, sleep=lambda _: None).list_open("main")


def gitlab(url: str) -> object:
    remote = f"{url}/{REPOSITORY}.git"
    return GitLab.from_remote(remote, {"GITLAB_TOKEN": TOKEN}, sleep=lambda _: None).list_open("main")


def metrics(url: str) -> object:
    return Prometheus(url).ask("up")


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setattr("promote.cluster.client._LONGEST_LIST", 1)

    def ask(url: str) -> object:
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": url}}],
            "users": [{"name": "me", "user": {"token": TOKEN}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        }
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(content))
        return Cluster(Address(str(tmp_path / "kubeconfig"))).items(Resource("", "v1", "pods"))

    return ask


@pytest.fixture(params=["github", "gitea", "gitlab", "metrics", "cluster"])
def ask(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setattr(prometheus, "_SECONDS", 1)
    if request.param == "cluster":
        found: Ask = request.getfixturevalue("cluster")
        return found
    return {"github": github, "gitea": gitea, "gitlab": gitlab, "metrics": metrics}[request.param]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (drip_headers, OVER),
        (drip_body, OVER),
        (flood, LONG),
        (bomb, LONG),
        (nested, "which it was not asked for"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_answer_without_an_end(
    serve: Callable[[Behaviour], Server], ask: Ask, behaviour: Behaviour, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if words != OVER:
        # Such an answer ends by its length, however slow the machine is.
        monkeypatch.setenv(settings.HTTP, "60")
        monkeypatch.setattr(prometheus, "_SECONDS", 60)
        monkeypatch.setattr("promote.cluster.client._LONGEST_LIST", 60)
    server = serve(behaviour)
    start = time.monotonic()
    with pytest.raises(NetworkError, match=words) as caught:
        ask(f"http://127.0.0.1:{server.server_port}")
    assert time.monotonic() - start < 40
    assert server.sent < 200 << 20
    assert TOKEN not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", [endless_list, endless_redirects])
def test_a_list_or_a_way_without_an_end(
    serve: Callable[[Behaviour], Server], behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.HTTP, "60")
    monkeypatch.setattr("promote.system.deadline._MOST_REQUESTS", 20)
    server = serve(behaviour)
    words = "a list without an end" if behaviour is endless_list else "redirects more than 5 times"
    with pytest.raises(NetworkError, match=words):
        github(f"http://127.0.0.1:{server.server_port}")
    assert server.requests <= (21 if behaviour is endless_list else 6)


@pytest.mark.parametrize("ask", [gitea, gitlab])
def test_other_forges_follow_few_redirects(serve: Callable[[Behaviour], Server], ask: Ask) -> None:
    server = serve(endless_redirects)
    with pytest.raises(NetworkError, match=r"301|is not one of Git(ea|Lab)'s API"):
        ask(f"http://127.0.0.1:{server.server_port}")
    assert server.requests <= 4


@pytest.mark.slow
@pytest.mark.parametrize("question", [is_gitea, is_gitlab])
@pytest.mark.parametrize("behaviour", [drip_headers, drip_body])
def test_asking_which_forge_it_is_ends(
    serve: Callable[[Behaviour], Server], behaviour: Behaviour, question: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promote.forge.json_api._QUICK", 0.5)
    with pytest.raises(NetworkError, match=OVER):
        question(f"http://127.0.0.1:{serve(behaviour).server_port}")


def test_a_packed_answer_is_unpacked(serve: Callable[[Behaviour], Server]) -> None:
    server = serve(lambda handler: say(handler, 200, gzip.compress(b'{"a": 1}'), Content_Encoding="gzip"))
    answer = http.session().get(f"http://127.0.0.1:{server.server_port}", timeout=10)
    assert answer.json() == {"a": 1}


def test_one_deadline_for_all_questions_of_a_command(
    serve: Callable[[Behaviour], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.HTTP, "60")
    url = f"http://127.0.0.1:{serve(lambda one: say(one, 200, b'[]', Content_Type='application/json')).server_port}"
    with deadline.of_command():
        github(url)
        assert 0 < deadline.command().left < 60
        deadline.command().spend(60)
        with pytest.raises(NetworkError, match="PROMOTE_HTTP_TIMEOUT"):
            github(url)
        deadline.renew()
        github(url)
