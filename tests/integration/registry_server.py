"""A registry on loopback that answers as a test says, with what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.integration.loopback import Listening, Loopback

Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    authorization: str


@dataclass
class RegistryServer(Loopback):
    """Answers with the digests of `tags`, by `path:tag`; the next requests get what is in `planned` instead.

    A page of a list has `page` tags at most.
    """

    tags: dict[str, str] = field(default_factory=dict)
    planned: list[Answer] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    page: int = 1000
    rule: Callable[[Seen], Answer | None] = lambda _: None

    def __post_init__(self) -> None:
        self.listen(_Handler)

    def answer(self, seen: Seen) -> Answer:
        self.seen.append(seen)
        if self.planned:
            return self.planned.pop(0)
        if (ruled := self.rule(seen)) is not None:
            return ruled
        if seen.path.partition("?")[0].endswith("/tags/list"):
            return self._listed(seen.path)
        path, _, tag = seen.path.removeprefix("/v2/").partition("/manifests/")
        digest = self.tags.get(f"{path}:{tag}")
        return (200, {"Docker-Content-Digest": digest}, b"{}") if digest else (404, {}, b"{}")

    def _listed(self, url: str) -> Answer:
        """One page of tags in the order of their names, as the specification has it."""
        path = urlsplit(url).path
        name = path.removeprefix("/v2/").removesuffix("/tags/list")
        last = parse_qs(urlsplit(url).query).get("last", [""])[0]
        every = sorted(one.rpartition(":")[2] for one in self.tags if one.rpartition(":")[0] == name)
        rest = [one for one in every if one > last]
        page = rest[: self.page]
        headers = {"Link": f'<{path}?last={page[-1]}&n={self.page}>; rel="next"'} if len(rest) > len(page) else {}
        return (200, headers, json.dumps({"name": name, "tags": page}).encode()) if every else (404, {}, b"{}")


class _Handler(BaseHTTPRequestHandler):
    server: Listening

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        seen = Seen(self.command, self.path, self.headers.get("Authorization", ""))
        registry = self.server.owner
        assert isinstance(registry, RegistryServer)
        status, headers, body = registry.answer(seen)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_HEAD = _answer  # noqa: N815 http.server's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 http.server's name
        """The tests read `seen` instead."""
