"""A registry on loopback that answers as a test says, with what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

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
    """Answers with the digests of `tags`, by `path:tag`; the next requests get what is in `planned` instead."""

    tags: dict[str, str] = field(default_factory=dict)
    planned: list[Answer] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    rule: Callable[[Seen], Answer | None] = lambda _: None

    def __post_init__(self) -> None:
        self.listen(_Handler)

    def answer(self, seen: Seen) -> Answer:
        self.seen.append(seen)
        if self.planned:
            return self.planned.pop(0)
        if (ruled := self.rule(seen)) is not None:
            return ruled
        path, _, tag = seen.path.removeprefix("/v2/").partition("/manifests/")
        digest = self.tags.get(f"{path}:{tag}")
        return (200, {"Docker-Content-Digest": digest}, b"{}") if digest else (404, {}, b"{}")


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
