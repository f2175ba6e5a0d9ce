"""One registry, asked by the OCI distribution API; a credential goes to its own host and token server only.

https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests, and for tokens
https://distribution.github.io/distribution/spec/auth/token/.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from promote.errors import NetworkError, UsageError
from promote.forge.attempts import TIMEOUT
from promote.model import check_digest
from promote.oci import challenge
from promote.oci.address import Access, is_loopback, server_of
from promote.oci.challenge import Challenge
from promote.oci.credentials import Credential, DockerConfig
from promote.yamltext import reader

if TYPE_CHECKING:
    import requests

# An index before a manifest: it is what all architectures of a tag have in common.
_ACCEPT = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        "oci.image.index.v1",
        "docker.distribution.manifest.list.v2",
        "oci.image.manifest.v1",
        "docker.distribution.manifest.v2",
    )
)
_RETIRED = "application/vnd.docker.distribution.manifest.v1+"
_FIRST_PAGE = "n=1000"  # the most that all large registries give at once
_QUERY = re.compile(r"[!-~]{1,2048}")
_MOST_HOPS = 3
_LONGEST_TOKEN = 16 << 10
_CLIENT = "promote"


class Refused(Exception):
    """An answer of `host` that is not a success; `credential` is what was sent with the request."""

    def __init__(self, host: str, status: int, headers: Mapping[str, str], credential: Credential | None) -> None:
        super().__init__(status)
        self.host = host
        self.status = status
        self.headers = headers
        self.credential = credential


class Server:
    """The API of the registry that is called `host` in the names of images."""

    def __init__(self, host: str, every: Mapping[str, Access], docker: DockerConfig) -> None:
        from promote.system import http

        self._every = every
        self.host, _, self._prefix = (every.get(host, Access()).mirror or host).partition("/")
        self._docker = docker
        self._address = f"{_scheme(self.host, every)}://{server_of(self.host)}"
        allowed = {_place(one, every) for one, access in every.items() if access.private}
        self._session = http.public_session(allowed)
        self._session.headers.update({"User-Agent": _CLIENT})
        self._authorization: dict[str, str] = {}  # by path, what was accepted last

    def digest(self, path: str, tag: str) -> str:
        """The digest of what a tag means: of the index, where there is one for several architectures.

        Raises Refused, NetworkError for an answer that is not a registry's, and the exceptions of requests.
        """
        answer = self._manifest("HEAD", path, tag)
        digest = answer.headers.get("Docker-Content-Digest", "")
        if not digest:
            answer = self._manifest("GET", path, tag)
            digest = self._hashed(answer, f"{path}:{tag}")
        if answer.headers.get("Content-Type", "").startswith(_RETIRED):
            raise NetworkError(
                f"{self.host} has {path}:{tag} only in the retired format of Docker 1.9: push it again"
            )
        try:
            return check_digest(digest)
        except UsageError:
            raise NetworkError(f"{self.host} does not answer like a registry: its digest is not valid") from None

    def _hashed(self, answer: requests.Response, what: str) -> str:
        """The digest of a manifest; raises NetworkError for anything else, such as a page to log in."""
        digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
        try:
            content: Any = reader.from_json(answer.content)
        except ValueError:
            content = None
        if not isinstance(content, dict) or "schemaVersion" not in content:
            raise NetworkError(
                f"{self.host} does not answer like a registry: {what} is not a manifest; check its address"
            )
        if answer.headers.get("Docker-Content-Digest", digest) != digest:
            raise NetworkError(f"{self.host} gives a manifest of {what} that has another digest than it says")
        return digest

    def tags(self, path: str, query: str = "") -> tuple[list[str], str]:
        """One page of the tags of a repository, and the query of the next page, empty where this is the last.

        `query` is that of the page, empty for the first. Raises the same as `digest`.
        """
        path = self._path(path)
        answer = self._ask("GET", path, f"tags/list?{query or _FIRST_PAGE}")
        try:
            content: Any = reader.from_json(answer.content)
        except ValueError:
            content = None
        # A repository without a tag has null.
        found = (content.get("tags") or []) if isinstance(content, dict) and "tags" in content else None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise NetworkError(f"{self.host} does not answer like a registry: its list of tags is not valid")
        return found, self._next(answer)

    def _next(self, answer: requests.Response) -> str:
        """The query of the address that an answer names as its next page; raises NetworkError for another host's.

        Only the query is taken from it, so the next page is always one of the same list of the same repository.
        """
        link = answer.links.get("next", {}).get("url", "")
        try:
            url = urlsplit(urljoin(self._address, link))
            is_here = url.hostname == urlsplit(self._address).hostname
        except ValueError:
            is_here = False
        if link and not (is_here and _QUERY.fullmatch(url.query)):
            raise NetworkError(f"{self.host} names a next page of tags that is not its own, which is not followed")
        return url.query if link else ""

    def _manifest(self, method: str, path: str, tag: str) -> requests.Response:
        return self._ask(method, self._path(path), f"manifests/{tag}")

    def _path(self, path: str) -> str:
        return f"{self._prefix}/{path}".strip("/")

    def _ask(self, method: str, path: str, what: str) -> requests.Response:
        """A successful answer about a repository, with the credential that the registry asks for."""
        url = f"{self._address}/v2/{path}/{what}"
        answer = self._send(method, url, self._authorization.get(path))
        credential = None
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            credential = self._docker.of(self.host)
            asked = challenge.parse(answer.headers.get("WWW-Authenticate", ""))
            authorization = asked and self._authorize(asked, path, credential)
            if authorization:
                answer = self._send(method, url, authorization)
        if answer.status_code != HTTPStatus.OK:
            self._authorization.pop(path, None)
            raise Refused(self.host, answer.status_code, answer.headers, credential)
        return answer

    def _send(self, method: str, url: str, authorization: str | None) -> requests.Response:
        headers = {"Accept": _ACCEPT} | ({"Authorization": authorization} if authorization else {})
        for _ in range(_MOST_HOPS):
            answer = self._session.request(method, url, headers=headers, timeout=TIMEOUT, allow_redirects=False)
            if not answer.is_redirect:
                break
            there = urljoin(url, answer.headers["Location"])
            if urlsplit(there)[:2] != urlsplit(self._address)[:2]:
                raise NetworkError(f"{self.host} redirects to another server, which is not followed: name that one")
            url = there
        return answer

    def _authorize(self, asked: Challenge, path: str, credential: Credential | None) -> str | None:
        """The header that a challenge asks for, None where there is no credential for it."""
        if credential and not self._address.startswith("https:") and not is_loopback(self.host):
            raise NetworkError(f"{self.host} asks for a credential without TLS: it is not sent; serve it by https")
        if credential and credential.kind == "token":
            found = f"Bearer {_valid(credential.secret, credential.origin)}"
        elif asked.scheme == "basic":
            if credential is None or credential.kind != "password":
                return None
            found = _basic(credential)
        else:
            found = f"Bearer {self._token(asked, path, credential)}"
        self._authorization[path] = found
        return found

    def _token(self, asked: Challenge, path: str, credential: Credential | None) -> str:
        """A token that may pull from one repository, even if the registry names a wider scope."""
        where = self._realm(asked.realm)
        if credential and not asked.realm.lower().startswith("https:") and not is_loopback(where):
            raise NetworkError(f"{where} asks for a credential without TLS: it is not sent; serve it by https")
        query = {"service": asked.service, "scope": f"repository:{path}:pull"}
        wait: dict[str, Any] = {"timeout": TIMEOUT, "allow_redirects": False}
        if credential and credential.kind == "refresh":
            given = {"grant_type": "refresh_token", "client_id": _CLIENT, "refresh_token": credential.secret}
            answer = self._session.post(asked.realm, data=query | given, **wait)
        else:
            headers = {"Authorization": _basic(credential)} if credential else {}
            answer = self._session.get(asked.realm, params=query, headers=headers, **wait)
        if answer.status_code != HTTPStatus.OK:
            raise Refused(where, answer.status_code, answer.headers, credential)
        try:
            content: Any = reader.from_json(answer.content)
        except ValueError:
            content = None
        token = (content.get("token") or content.get("access_token")) if isinstance(content, dict) else None
        return _valid(str(token or ""), where)

    def _realm(self, realm: str) -> str:
        """The host of a token server; raises NetworkError for an address that nothing is sent to."""
        try:
            url = urlsplit(realm)
            is_fit = bool(url.hostname) and url.username is None and url.port != 0
        except ValueError:
            is_fit = False
        if not is_fit or url.scheme != _scheme(url.netloc, self._every):
            raise NetworkError(
                f"{self.host} names a token server that is not asked: its address must be https://HOST"
            )
        return url.netloc


def _scheme(host: str, every: Mapping[str, Access]) -> str:
    """How a host is asked: without TLS only where it is this machine, or promote.yaml says so."""
    access = every.get(host, Access())
    return "http" if access.plain_http or is_loopback(host) else "https"


def _place(host: str, every: Mapping[str, Access]) -> tuple[str, int]:
    """The name and the port of a host, also where the port is not written."""
    url = urlsplit(f"//{server_of(host)}")
    return str(url.hostname), url.port or (80 if _scheme(host, every) == "http" else 443)


def _basic(credential: Credential) -> str:
    return f"Basic {base64.b64encode(f'{credential.user}:{credential.secret}'.encode()).decode()}"


def _valid(token: str, origin: str) -> str:
    """A token as it is; raises NetworkError for one that is not valid in a header."""
    if not re.fullmatch(r"[!-~]+", token) or len(token) > _LONGEST_TOKEN:
        raise NetworkError(f"{origin} has no valid token: log in again")
    return token
