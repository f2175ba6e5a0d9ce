"""The Ingress and the controller's settings, tried with a real nginx: headers, limits, TLS, circuit breaker."""

from __future__ import annotations

import os
import shutil
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.manifests.render import REPOSITORY, overlay
from tests.servers.nginx import Edge, header_lines, running

pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None and "CI" not in os.environ,
    reason="nginx IS NOT INSTALLED: nothing here was tried (apt-get install nginx-light)",
)

SETTINGS: dict[str, str] = yaml.safe_load(
    (REPOSITORY / "components/edge-ingress/controller/nginx-config.yaml").read_text(encoding="utf-8")
)["data"]
PROMISED = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "1; mode=block",
}
ADDRESSES = count(10)  # every test is a client of its own: 127.0.0.10, 127.0.0.11 …


@dataclass
class Upstream:
    """A gateway that answers what it is told to, and remembers what it was asked."""

    status: int = 200
    gate: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def serve(self) -> ThreadingHTTPServer:
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                upstream.asked.append(f"{self.command} {self.path}")
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path == "/slow":
                    upstream.gate.wait(20)
                self.send_response(404 if self.path == "/missing" else upstream.status)
                self.send_header("Content-Length", "2")
                self.send_header("X-Powered-By", "Express")
                self.send_header("X-Frame-Options", "SAMEORIGIN")
                self.end_headers()
                self.wfile.write(b"ok")

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_address[1]
        return server


@pytest.fixture(scope="module")
def ingress() -> dict[str, Any]:
    """Production's; tests/manifests says that staging's differs by its hosts only."""
    return overlay("production").one("Ingress", "mediq")


@pytest.fixture
def upstreams() -> Iterator[list[Upstream]]:
    made = [Upstream(), Upstream()]
    servers = [each.serve() for each in made]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    for each, server in zip(made, servers, strict=True):
        each.gate.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def edge(ingress: dict[str, Any], upstreams: list[Upstream], tmp_path: Path) -> Iterator[Edge]:
    with running(ingress, SETTINGS, [each.port for each in upstreams], tmp_path) as started:
        yield started


@pytest.fixture
def client(edge: Edge, ingress: dict[str, Any], tmp_path: Path) -> Iterator[Client]:
    made = Client(edge, ingress["spec"]["rules"][0]["host"], f"127.0.0.{next(ADDRESSES)}", tmp_path / "tls.crt")
    yield made
    made.close()


class Client:
    """Somebody with one address and a kept connection."""

    def __init__(self, edge: Edge, host: str, address: str, certificate: Path) -> None:
        self.edge, self.host, self.address = edge, host, address
        self.trust = ssl.create_default_context(cafile=str(certificate))
        self.kept = self.connect()

    def connect(self) -> HTTPSConnection:
        connection = HTTPSConnection("127.0.0.1", self.edge.https, timeout=20, source_address=(self.address, 0))
        connection.sock = self.trust.wrap_socket(self._socket(), server_hostname=self.host)
        return connection

    def _socket(self) -> Any:
        plain = HTTPConnection("127.0.0.1", self.edge.https, timeout=20, source_address=(self.address, 0))
        plain.connect()
        return plain.sock

    def get(self, path: str = "/", method: str = "GET", body: bytes | None = None) -> HTTPResponse:
        self.kept.request(method, path, body, {"Host": self.host})
        answer = self.kept.getresponse()
        answer.read()
        return answer

    def alone(self, path: str) -> int:
        connection = self.connect()
        try:
            connection.request("GET", path, headers={"Host": self.host})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def close(self) -> None:
        self.kept.close()


@pytest.mark.parametrize("path", ["/", "/missing"])
def test_every_answer_carries_the_security_headers_once(client: Client, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers.get_all(name) for name in PROMISED} == {
        name: [value] for name, value in PROMISED.items()
    }
    (policy,) = answer.headers.get_all("Content-Security-Policy") or []
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert answer.headers["X-Powered-By"] is None
    assert answer.headers["Server"] == "nginx"


def test_more_than_100_requests_a_second_from_one_address_are_answered_429(client: Client) -> None:
    start = time.monotonic()
    seen = Counter(client.get().status for _ in range(400))
    elapsed = time.monotonic() - start
    assert set(seen) == {200, 429}
    # What the rate lets through in that time, the burst, and one more for the first request.
    assert seen[200] <= 100 * elapsed + 21 + 1
    rejected = client.get()
    assert rejected.status == 429
    assert rejected.headers["X-Frame-Options"] == "DENY"


def test_a_client_below_the_limit_is_never_rejected(client: Client) -> None:
    for _ in range(40):
        assert client.get().status == 200
        time.sleep(0.02)


def test_the_limit_counts_each_address_by_itself(client: Client, edge: Edge, tmp_path: Path) -> None:
    while client.get().status != 429:
        pass
    other = Client(edge, client.host, f"127.0.0.{next(ADDRESSES)}", tmp_path / "tls.crt")
    assert other.get().status == 200
    other.close()


def test_the_eleventh_connection_at_once_is_answered_429(client: Client, upstreams: list[Upstream]) -> None:
    with ThreadPoolExecutor(10) as pool:
        slow = [pool.submit(client.alone, "/slow") for _ in range(10)]
        while sum(len(each.asked) for each in upstreams) < 10:
            time.sleep(0.02)
        assert client.alone("/") == 429
        for each in upstreams:
            each.gate.set()
        assert [each.result() for each in slow] == 10 * [200]
    assert client.alone("/") == 200


def test_plain_http_is_only_redirected(client: Client, edge: Edge, upstreams: list[Upstream]) -> None:
    connection = HTTPConnection("127.0.0.1", edge.http, timeout=20)
    connection.request("GET", "/path?a=b", headers={"Host": client.host})
    answer = connection.getresponse()
    connection.close()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{client.host}/path?a=b")
    assert [each.asked for each in upstreams] == [[], []]


def test_tls_1_2_is_the_oldest(client: Client) -> None:
    client.trust.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    client.trust.maximum_version = ssl.TLSVersion.TLSv1_2
    connection = client.connect()
    assert connection.sock.version() == "TLSv1.2"
    connection.close()
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in client.edge.config


def test_a_failed_request_goes_to_another_pod(client: Client, upstreams: list[Upstream]) -> None:
    upstreams[0].status = 503
    assert {client.get().status for _ in range(20)} == {200}
    # Three failures open the circuit: the rest never tried it.
    assert len(upstreams[0].asked) == 3


def test_a_request_that_may_have_changed_something_is_not_repeated(client: Client, upstreams: list[Upstream]) -> None:
    for each in upstreams:
        each.status = 503
    assert client.get("/", "POST", b"order").status == 503
    assert sum(len(each.asked) for each in upstreams) == 1


def test_an_upload_may_be_as_large_as_the_gateway_takes(client: Client) -> None:
    assert client.get("/", "POST", b"x" * 10485760).status == 200
    client.close()
    client.kept = client.connect()
    client.kept.request("POST", "/", headers={"Host": client.host, "Content-Length": str(12 * 2**20)})
    with client.kept.getresponse() as answer:
        assert answer.status == 413


def test_both_hosts_are_served(ingress: dict[str, Any], edge: Edge) -> None:
    for rule in ingress["spec"]["rules"]:
        assert f"server_name {rule['host']};" in edge.config


def test_a_header_value_that_the_controller_would_cut_is_noticed() -> None:
    with pytest.raises(AssertionError, match="would be cut"):
        header_lines("Content-Security-Policy: img-src data: blob")
