"""Debian's registry on loopback, what is pushed to it, and a token server of our own that signs for it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import yaml

from tests.ports import free_ports
from tests.servers.servers import server, wait_until

USER, PASSWORD = "puller", "a password: with a colon"
# Of PASSWORD; registries accept bcrypt only.
HTPASSWD = f"{USER}:$2b$05$tK6NiErbm93qBHyPUpfXBOqlwGO8k6M.cX7ENCwuByQDQIi1m.dqC\n"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass
class Registry:
    """A running registry; `push` needs it to be without authentication, or `authorization`."""

    host: str
    authorization: str = ""

    def _call(self, method: str, path: str, data: bytes = b"", **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.authorization:
            named["Authorization"] = self.authorization
        url = path if "://" in path else f"http://{self.host}{path}"
        answer = requests.request(method, url, data=data, headers=named, timeout=10)
        answer.raise_for_status()
        return answer

    def is_up(self) -> bool:
        host, _, port = self.host.partition(":")
        try:
            socket.create_connection((host, int(port)), timeout=10).close()
        except OSError:
            return False
        return True

    def _blob(self, repository: str, data: bytes) -> dict[str, object]:
        digest = digest_of(data)
        place = self._call("POST", f"/v2/{repository}/blobs/uploads/").headers["Location"]
        self._call("PUT", f"{place}&digest={digest}", data, Content_Type="application/octet-stream")
        return {"digest": digest, "size": len(data)}

    def push(self, repository: str, tag: str) -> str:
        """Push an image that is its tag alone; returns its digest."""
        config = {"mediaType": "application/vnd.oci.image.config.v1+json"} | self._blob(repository, tag.encode())
        return self._manifest(repository, tag, MANIFEST, {"config": config, "layers": []})

    def push_index(self, repository: str, tag: str) -> tuple[str, list[str]]:
        """Push images for two architectures under one tag; returns the digest of the index, then those of both."""
        images = {name: self.push(repository, f"{tag}-{name}") for name in ("amd64", "arm64")}
        size = len(self._read(repository, f"{tag}-amd64"))
        listed = [
            {"mediaType": MANIFEST, "digest": digest, "size": size, "platform": {"architecture": name, "os": "linux"}}
            for name, digest in images.items()
        ]
        return self._manifest(repository, tag, INDEX, {"manifests": listed}), list(images.values())

    def _read(self, repository: str, tag: str) -> bytes:
        return self._call("GET", f"/v2/{repository}/manifests/{tag}", Accept=MANIFEST).content

    def _manifest(self, repository: str, tag: str, kind: str, content: dict[str, object]) -> str:
        data = json.dumps({"schemaVersion": 2, "mediaType": kind} | content).encode()
        self._call("PUT", f"/v2/{repository}/manifests/{tag}", data, Content_Type=kind)
        return digest_of(data)


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


@contextlib.contextmanager
def registry(folder: Path, settings: dict[str, Any] | None = None, **http: Any) -> Iterator[Registry]:
    """Debian's registry with these settings, until the end of the block."""
    [port] = free_ports(1)
    host = f"127.0.0.1:{port}"
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "version": 0.1,
        "log": {"accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "storage")}},
        "http": {"addr": host} | http,
    } | (settings or {})
    (folder / "config.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    made = Registry(host)
    log = folder / "log"
    with server("docker-registry", "serve", folder / "config.yml", environment={"HOME": str(folder)}, log=log):
        wait_until(made.is_up, "the registry answers", log=log)
        yield made


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    folder.mkdir(parents=True, exist_ok=True)
    made, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=registry",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made),
        ],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return made, key


@dataclass
class Tokens:
    """A token server: `asked` are the requests, each its user, its scope and its kind of grant."""

    certificate: Path
    key: Path
    refresh: str = "a-refresh-token"
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    realm: str = ""

    def settings(self) -> dict[str, Any]:
        """What a registry has to know of it."""
        token = {"realm": self.realm, "service": "registry", "issuer": "us", "rootcertbundle": str(self.certificate)}
        return {"auth": {"token": token}}

    def signed(self, scope: str) -> str:
        """A token for a scope `repository:NAME:ACTIONS`."""
        import jwt

        kind, name, actions = scope.split(":")
        now = int(time.time())
        body = "".join(self.certificate.read_text().splitlines()[1:-1])
        access = [{"type": kind, "name": name, "actions": actions.split(",")}]
        claims = {
            "iss": "us",
            "sub": USER,
            "aud": "registry",
            "exp": now + 300,
            "nbf": now - 5,
            "iat": now,
            "jti": "1",
        }
        return jwt.encode(
            claims | {"access": access}, self.key.read_text(), algorithm="RS256", headers={"x5c": [body]}
        )

    def answer(self, authorization: str, query: dict[str, str]) -> str | None:
        """The token that a request gets, None for a wrong password."""
        user = base64.b64decode(authorization.removeprefix("Basic ")).decode() if authorization else ""
        self.asked.append((user.partition(":")[0], query["scope"], query.get("grant_type", "")))
        is_known = user in ("", f"{USER}:{PASSWORD}") and query.get("refresh_token", self.refresh) == self.refresh
        return self.signed(query["scope"]) if is_known and query["service"] == "registry" else None


@contextlib.contextmanager
def tokens(folder: Path) -> Iterator[Tokens]:
    """A token server, until the end of the block."""
    made = Tokens(*certificate(folder))

    class Handler(BaseHTTPRequestHandler):
        def _say(self, text: str) -> None:
            query = {name: values[0] for name, values in parse_qs(text).items()}
            token = made.answer(self.headers.get("Authorization", ""), query)
            content = json.dumps({"token": token} if token else {}).encode()
            self.send_response(200 if token else 401)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._say(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._say(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 http.server's name
            """The tests read `asked` instead."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        made.realm = f"http://127.0.0.1:{listening.server_port}/token"
        Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield made
        finally:
            listening.shutdown()
