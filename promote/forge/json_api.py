"""Requests to a forge's JSON API: with a token, page by page, and nothing for another host."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from promote.errors import NetworkError
from promote.forge.address import Token
from promote.system import http
from promote.system.deadline import Deadline
from promote.yamltext import reader

_MOST_PAGES = 400
_MOST_HOPS = 3
_QUICK = 5  # seconds, for a question whose answer is known at once
_HEADERS = {"User-Agent": "promote", "Accept": "application/json"}


class Refused(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.message = message
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the APIs of two forges differ.

    `scheme` precedes the token. A page has `size` items, the most that a server gives by default, which the query
    `size_key` asks for. `is_last` takes the headers of a page and the number of items so far; a page without items is
    the last one anyway. `reason` takes the object of a refusal.
    """

    scheme: str
    size_key: str
    size: int
    is_last: Callable[[Mapping[str, str], int], bool]
    reason: Callable[[Mapping[str, Any]], str]


class _Authorization(requests.auth.AuthBase):
    """The header with the token. Without an `auth`, requests would take a password from ~/.netrc instead."""

    def __init__(self, scheme: str, token: Token) -> None:
        self._scheme = scheme
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"{self._scheme} {self._token.value}"
        return request


class Api:
    """What is below one address of a server, with a token."""

    def __init__(self, address: str, token: Token, timeout: int, dialect: Dialect) -> None:
        self._address = address
        self._timeout = timeout
        self._dialect = dialect
        self._session = http.session()
        self._session.auth = _Authorization(dialect.scheme, token)
        self._session.headers.update(_HEADERS)

    def ask(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> tuple[Any, Mapping[str, str]]:
        """The JSON of an answer, None for an empty one, and its headers; raises Refused if it is not a success."""
        url = requests.Request("GET", f"{self._address}/{path}".rstrip("/"), params=query).prepare().url or ""
        for _ in range(_MOST_HOPS):
            answer = self._session.request(method, url, json=body, timeout=self._timeout, allow_redirects=False)
            if not answer.is_redirect:
                break
            # A renamed repository. Requests itself would turn a POST into a GET.
            url = urljoin(url, answer.headers["Location"])
            if urlsplit(url)[:2] != urlsplit(self._address)[:2]:
                raise ValueError("an address on another server")
        if not HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            raise Refused(answer.status_code, self._reason(answer), answer.headers)
        return (reader.from_json(answer.content) if answer.content else None), answer.headers

    def pages(self, path: str, query: Mapping[str, str] | None = None, key: str = "") -> Iterator[Any]:
        """Every item of a list, or of the list that is `key` of an object."""
        # By number: the addresses in the header Link are made from the server's settings, which may name another.
        seen = 0
        size = {self._dialect.size_key: str(self._dialect.size)}
        for page in range(1, _MOST_PAGES):
            found, headers = self.ask("GET", path, query={**(query or {}), "page": str(page), **size})
            # Go writes an empty list as null, but only inside of an object.
            items = (found[key] or []) if key else found
            if not isinstance(items, list):
                raise TypeError("a list is missing")
            yield from items
            seen += len(items)
            if not items or self._dialect.is_last(headers, seen):
                return
        raise ValueError("a list without an end")

    def _reason(self, answer: requests.Response) -> str:
        try:
            data: Any = reader.from_json(answer.content)
        except ValueError:
            return ""
        return self._dialect.reason(data) if isinstance(data, dict) else ""


def first_answer(server: str, path: str) -> tuple[int, Mapping[str, str], Any]:
    """Status, headers and JSON of a server that is asked what it is, without a token; None if that is not JSON.

    Raises:
        NetworkError: it does not answer, so nobody knows.
    """
    failure = ""
    try:
        answer = Deadline(2 * _QUICK).ask(lambda: _plain(f"{server}{path}"), server)
        return answer.status_code, answer.headers, reader.from_json(answer.content)
    except (requests.ConnectionError, requests.Timeout) as error:
        failure = type(error).__name__
    except (OSError, ValueError):
        return 0, {}, None
    # Outside of the handler: the cause may show what must stay secret.
    again = "run the same command again, or set `forge: {kind: …}` in promote.yaml"
    raise NetworkError(f"cannot ask {server} which forge it is ({failure}): {again}")


def _plain(url: str) -> requests.Response:
    with http.session() as session:
        return session.get(url, headers=_HEADERS, timeout=_QUICK, allow_redirects=False)
