"""What the small forges of the tests have in common: they check every request and fail on demand."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tests.integration.loopback import Listening, Loopback

Json = dict[str, Any]
Answer = tuple[int, Any, dict[str, str]]


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    body: Any


@dataclass
class Fault:
    """What one later request gets instead of a proper answer; with `works`, after its work is done."""

    method: str
    suffix: str
    status: int = 0
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    works: bool = False


def commit(name: str) -> str:
    return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()


class ForgeServer(Loopback):
    """One repository on 127.0.0.1. Whatever a client may not send ends up in `violations`."""

    # How a pull request shows its address, its text, and that it is open.
    URL, BODY, OPEN = "html_url", "body", "open"

    def __init__(self, repository: str, token: str) -> None:
        self.repository = repository
        self.owner = repository.partition("/")[0]
        self.token = token
        self.branches: dict[str, str] = {}
        self.pulls: dict[int, Json] = {}
        self.reviews: dict[int, list[Json]] = {}
        self.statuses: dict[str, list[Json]] = {}
        self.violations: list[str] = []
        self.seen: list[Seen] = []
        self.page_size = 100
        self.not_mergeable = ""
        self._faults: list[Fault] = []
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self.listen(_Handler, _Listening)
        self.api = f"http://{self.host}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        super().__exit__(kind, error, trace)

    def fail(
        self,
        request: str,
        status: int,
        body: Any = "<html>Unicorn!</html>",
        *,
        headers: dict[str, str] | None = None,
        works: bool = False,
        times: int = 1,
    ) -> None:
        """The next requests like `request` ("POST /pulls") get this answer."""
        method, suffix = self.named(request)
        self._faults += [Fault(method, suffix, status, body, headers or {}, works) for _ in range(times)]

    def hang(self, request: str, *, works: bool = False) -> None:
        """The next request like `request` gets no answer before the client gives up."""
        method, suffix = self.named(request)
        self._faults.append(Fault(method, suffix, works=works))

    def sent(self, method: str, suffix: str = "") -> list[Seen]:
        """The requests so far with this method whose path ends like this."""
        method, suffix = self.named(f"{method} {suffix or '/'}")
        suffix = suffix.removesuffix("/")
        return [one for one in self.seen if one.method == method and _path(one.path).endswith(suffix)]

    def named(self, request: str) -> tuple[str, str]:
        """The method and the end of the path of a request, which tests name as GitHub does."""
        method, suffix = request.split()
        return method, suffix

    def allow(self, method: str) -> None:
        """Let the repository merge in this way; most allow all of them."""

    def merged(self, number: int, method: str) -> str:
        """The commit of the base branch after a merge."""
        return commit(f"{method} of {number}")

    def answer(self, handler: BaseHTTPRequestHandler, body: Any) -> Answer | None:
        """Check one request and do its work; None stands for silence."""
        with self._lock:
            self.seen.append(Seen(handler.command, handler.path, body))
            self._check(handler, body)
            fault = self._fault(handler.command, handler.path)
            if fault is None or fault.works:
                answer = self._route(handler, body)
        if fault is None:
            return answer
        if fault.status:
            return fault.status, fault.body, fault.headers
        self._expect(self._closing.wait(10), "a client gives up in time")
        return None

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self._faults:
            if fault.method == method and _path(path).endswith(fault.suffix):
                self._faults.remove(fault)
                return fault
        return None

    def add_pull(self, head: str, base: str = "main", *, fork: str = "", **changes: Any) -> Json:
        """A pull request as the forge shows it; `fork` is the account that its branch lives in."""
        raise NotImplementedError

    def _check(self, handler: BaseHTTPRequestHandler, body: Any) -> None:
        headers = handler.headers
        self._expect(headers.get("User-Agent") == "promote", "the user agent is named")
        if handler.command in ("POST", "PATCH", "PUT"):
            self._expect(headers.get("Content-Type") == "application/json", "a body is declared as JSON")
            self._expect(isinstance(body, dict), "a body is a JSON object")
        else:
            self._expect(body is None, "a GET has no body")
        self._expect(self.token not in handler.path, "the token is in no address")

    def _expect(self, holds: object, rule: str) -> None:
        if not holds:
            self.violations.append(f"{rule}: {self.seen[-1].method} {self.seen[-1].path}")

    def _route(self, handler: BaseHTTPRequestHandler, body: Any) -> Answer:
        raise NotImplementedError

    def _check_texts(self, body: Json) -> None:
        self._expect(body.get("title"), "a title is not empty")
        self._expect(len(body.get("body", "")) <= 65_536, "a body has at most 65,536 characters")


class _Listening(Listening):
    owner: ForgeServer

    def handle_error(self, *_: object) -> None:
        """A client that gave up waiting is expected; anything else is a request nobody foresaw."""
        if not isinstance(sys.exception(), ConnectionError):
            self.owner.violations.append(repr(sys.exception()))


class _Handler(BaseHTTPRequestHandler):
    server: _Listening
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        size = int(self.headers.get("Content-Length", "0"))
        body = json.loads(self.rfile.read(size)) if size else None
        answer = self.server.owner.answer(self, body)
        if answer is None:
            self.close_connection = True
            return
        status, content, headers = answer
        data = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _handle  # noqa: N815 http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 http.server's name
        """The tests read `seen` instead."""


def _path(path: str) -> str:
    return urlsplit(path).path
