"""An API server small enough for a test: it lists and gets what a test put there, and writes down every request."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from promote.cluster.resources import Resource
from tests.integration.loopback import Listening, Loopback

Object = dict[str, Any]
TOKEN = "a-token-that-nobody-may-see"  # noqa: S105 it opens nothing


class Read(NamedTuple):
    """What was asked for, as a Role would name it."""

    verb: str
    group: str
    plural: str
    namespace: str
    name: str


class ClusterServer(Loopback):
    """Objects by their kind, on 127.0.0.1. Use it in a `with` statement."""

    def __init__(self) -> None:
        self.objects: dict[Resource, list[Object]] = {}
        self.forbidden: set[tuple[str, str]] = set()  # plural and namespace; `*` for all
        self.reads: list[Read] = []
        self.violations: list[str] = []
        self.status = 0  # what every request is answered instead
        self.listen(_Handler, _Listening)
        self.url = f"http://{self.host}"

    def serve(self, *resources: Resource) -> None:
        """Know these kinds, of which there may be no object."""
        for each in resources:
            self.objects.setdefault(each, [])

    def put(self, resource: Resource, *items: Object) -> None:
        """Keep objects; one with the same name is replaced."""
        kept = self.objects.setdefault(resource, [])
        for item in items:
            kept[:] = [one for one in kept if _key(one) != _key(item)]
            kept.append(item)
        kept.sort(key=_key)

    def kubeconfig(self, folder: Path, *, token: str = TOKEN, context: str = "test") -> Path:
        """A file that leads here."""
        path = folder / f"kubeconfig-{context}"
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "c", "cluster": {"server": self.url}}],
                    "users": [{"name": "u", "user": {"token": token}}],
                    "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
                    "current-context": context,
                }
            )
        )
        return path

    def answer(self, path: str, authorization: str) -> tuple[int, Object]:
        """The status and the content for one GET."""
        if authorization != f"Bearer {TOKEN}":
            return _status(401, "Unauthorized")
        url = urlsplit(path)
        resource, namespace, name = _parse(url.path)
        self.reads.append(
            Read("get" if name else "list", resource.group, resource.plural, namespace, name),
        )
        if self.status:
            return _status(self.status, "no")
        if self.forbidden & {(p, n) for p in ("*", resource.plural) for n in ("*", namespace)}:
            where = f' in the namespace "{namespace}"' if namespace else " at the cluster scope"
            return _status(403, f'{resource.plural} is forbidden: User "u" cannot list resource{where}')
        if resource not in self.objects:
            return _status(404, "the server could not find the requested resource")
        found = [one for one in self.objects[resource] if namespace in ("", one["metadata"]["namespace"])]
        if name:
            exact = [one for one in found if one["metadata"]["name"] == name]
            return (200, exact[0]) if exact else _status(404, f"{name} not found")
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        start, size = int(query.get("continue", "0")), int(query["limit"])
        following = str(start + size) if start + size < len(found) else ""
        return 200, {"kind": "List", "metadata": {"continue": following}, "items": found[start : start + size]}


def _key(item: Object) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]


def _parse(path: str) -> tuple[Resource, str, str]:
    parts = path.strip("/").split("/")
    group, version, rest = ("", parts[1], parts[2:]) if parts[0] == "api" else (parts[1], parts[2], parts[3:])
    namespace = ""
    if rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    return Resource(group, version, rest[0]), namespace, rest[1] if len(rest) > 1 else ""


def _status(code: int, message: str) -> tuple[int, Object]:
    return code, {"kind": "Status", "status": "Failure", "code": code, "message": message}


class _Listening(Listening):
    owner: ClusterServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet: the client would wait 40 ms for the second one
    server: _Listening

    def do_GET(self) -> None:
        status, content = self.server.owner.answer(self.path, self.headers.get("Authorization", ""))
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _write(self) -> None:
        self.server.owner.violations.append(f"{self.command} {self.path}")
        self.send_error(405)

    do_POST = do_PUT = do_PATCH = do_DELETE = _write  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
