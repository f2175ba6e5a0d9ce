"""Requests to Gitea's API: JSON, pages, and nothing for another host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from promote.errors import NetworkError
from promote.forge.address import Token
from promote.system import http
from promote.system.deadline import Deadline
from promote.yamltext import reader

PAGE = 50  # the most that a server gives by default
_MOST_PAGES = 400
_MOST_HOPS = 3
_QUICK = 5  # seconds, for a question whose answer is known at once
_VERSION = re.compile(r"v?\d|development$")
# A server that requires everybody to sign in says so to everybody.
_LOCKED = "Only signed in user is allowed to call APIs."


class Refused(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.message = message
        self.headers = headers or {}


class _Authorization(requests.auth.AuthBase):
    """The header with the token. Without an `auth`, requests would take a password from ~/.netrc instead."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"token {self._token.value}"
        return request


class Http:
    """One server's API, with a token."""

    def __init__(self, api: str, token: Token, timeout: int) -> None:
        self._api = api
        self._timeout = timeout
        self._session = http.session()
        self._session.auth = _Authorization(token)
        self._session.headers.update({"User-Agent": "promote", "Accept": "application/json"})

    def ask(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> tuple[Any, Mapping[str, str]]:
        """The JSON of an answer, None for an empty one, and its headers; raises Refused if it is not a success."""
        url = requests.Request("GET", f"{self._api}/{path}".rstrip("/"), params=query).prepare().url or ""
        for _ in range(_MOST_HOPS):
            answer = self._session.request(method, url, json=body, timeout=self._timeout, allow_redirects=False)
            if not answer.is_redirect:
                break
            # A renamed repository. Requests itself would turn a POST into a GET.
            url = urljoin(url, answer.headers["Location"])
            if urlsplit(url)[:2] != urlsplit(self._api)[:2]:
                raise ValueError("an address on another server")
        if not HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            raise Refused(answer.status_code, _message(answer), answer.headers)
        return (reader.from_json(answer.content) if answer.content else None), answer.headers

    def pages(self, path: str, query: Mapping[str, str] | None = None, key: str = "") -> Iterator[Any]:
        """Every item of a list, or of the list that is `key` of an object."""
        # By number: the addresses in the header Link are made from ROOT_URL, which may be another host.
        seen = 0
        for page in range(1, _MOST_PAGES):
            found, headers = self.ask("GET", path, query={**(query or {}), "page": str(page), "limit": str(PAGE)})
            # Go writes an empty list as null, but only inside of an object.
            items = (found[key] or []) if key else found
            if not isinstance(items, list):
                raise TypeError("a list is missing")
            yield from items
            seen += len(items)
            # Older servers do not count every list.
            total = headers.get("X-Total-Count", "")
            if not items or (total.isdecimal() and seen >= int(total)):
                return
        raise ValueError("a list without an end")


def _message(answer: requests.Response) -> str:
    """Gitea's reason; a conflict in Git comes as its output instead."""
    try:
        data: Any = reader.from_json(answer.content)
    except ValueError:
        return ""
    if not isinstance(data, dict):
        return ""
    if "StdErr" in data:
        return f"merge conflict {data['StdErr']}"
    return str(data.get("message") or "")


def _version(server: str) -> requests.Response:
    with http.session() as session:
        return session.get(
            f"{server}/api/v1/version",
            headers={"User-Agent": "promote", "Accept": "application/json"},
            timeout=_QUICK,
            allow_redirects=False,
        )


def is_gitea(server: str) -> bool:
    """Whether a server says that it is a Gitea or a Forgejo. It is asked without a token.

    Raises:
        NetworkError: it does not answer, so nobody knows.
    """
    data: Any = None
    failure = ""
    try:
        answer = Deadline(2 * _QUICK).ask(lambda: _version(server), server)
        data = reader.from_json(answer.content)
    except (requests.ConnectionError, requests.Timeout) as error:
        failure = type(error).__name__
    except (OSError, ValueError):
        return False
    if failure:  # outside of the handler: the cause may show what must stay secret
        again = "run the same command again, or set `forge: {kind: …}` in promote.yaml"
        raise NetworkError(f"cannot ask {server} which forge it is ({failure}): {again}")
    if not isinstance(data, dict):
        return False
    if answer.status_code == HTTPStatus.FORBIDDEN:
        return data.get("message") == _LOCKED
    version = data.get("version")
    return answer.status_code == HTTPStatus.OK and isinstance(version, str) and bool(_VERSION.match(version))
