"""HTTP answers with limits: on bytes, as sent and as unpacked, on time, redirects and the number of requests."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from promote.errors import NetworkError
from promote.system import deadline, public_network

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

LARGEST = 16 << 20  # bytes: a page of 100 pull requests, each with the longest body, has 9 MB
_CHUNK = 1 << 16
_GZIP = 16 + zlib.MAX_WBITS


def session() -> requests.Session:
    """A session whose answers have limits, and which takes no password from ~/.netrc."""
    return _with(_Bounded())


def public_session(allowed: public_network.Hosts) -> requests.Session:
    """A session as above that asks hosts on the internet and, whatever their addresses are, those that are `allowed`.

    Raises NetworkError for any other, before anything is sent there.
    """
    return _with(_Public(allowed))


def _with(adapter: HTTPAdapter) -> requests.Session:
    made = requests.Session()
    made.auth = lambda request: request
    for scheme in ("http://", "https://"):
        made.mount(scheme, adapter)
    return made


class _Bounded(HTTPAdapter):
    """Reads each answer to its end, within the limits, before anybody can see it."""

    def send(self, request: requests.PreparedRequest, *arguments: Any, **settings: Any) -> requests.Response:
        """The answer to a request, read already; raises NetworkError for one that exceeds a limit."""
        # Other encodings can be nested, and so have no limit on what they unpack to.
        request.headers["Accept-Encoding"] = "gzip"
        server = str(urlsplit(request.url or "").netloc)
        answer = super().send(request, *arguments, **settings | {"stream": True})
        if asking := deadline.asking():
            asking.count(server, answer.is_redirect)
        answer.raw = BytesIO(body(answer.raw, server))
        return answer


class _Public(_Bounded):
    """Also looks where each connection leads, before anything is sent."""

    def __init__(self, allowed: public_network.Hosts) -> None:
        self._allowed = allowed
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        """The pools for connections that no proxy makes."""
        super().init_poolmanager(*arguments, **settings)
        self.poolmanager.pool_classes_by_scheme = public_network.pool_classes(self._allowed)

    def send(self, request: requests.PreparedRequest, *arguments: Any, **settings: Any) -> requests.Response:
        """The answer to a request; raises NetworkError where it would lead into a private network."""
        url = urlsplit(request.url or "")
        if requests.utils.select_proxy(request.url or "", settings.get("proxies")):
            # The proxy connects. It may know names that are not known here.
            port = url.port or {"http": 80}.get(url.scheme, 443)
            host = str(url.hostname)
            with suppress(OSError):
                public_network.insist(host, port, self._allowed, public_network.resolved(host, port))
        return super().send(request, *arguments, **settings)


def body(raw: BaseHTTPResponse, server: str, largest: int = LARGEST) -> bytes:
    """The whole body of an answer, unpacked; raises NetworkError if it is too long, and ConnectionError."""
    from urllib3.exceptions import HTTPError

    problem = ""
    try:
        return b"".join(_unpacked(raw, server, largest))
    except (HTTPError, zlib.error) as error:
        problem = type(error).__name__
    finally:
        raw.release_conn()
    # Outside `except`: the cause has the request.
    raise requests.ConnectionError(problem)


def _unpacked(raw: BaseHTTPResponse, server: str, largest: int) -> Iterator[bytes]:
    encoding = raw.headers.get("Content-Encoding", "identity").strip().casefold()
    if encoding not in ("identity", "gzip"):
        raise NetworkError(f"{server} answers in the encoding {encoding[:40]!r}, which it was not asked for")
    unpack = zlib.decompressobj(_GZIP) if encoding == "gzip" else None
    received = length = 0
    while data := raw.read(_CHUNK, decode_content=False):
        received += len(data)
        plain = unpack.decompress(data, largest - length + 1) if unpack else data
        length += len(plain)
        if max(received, length) > largest:
            raw.close()
            raise NetworkError(f"the answer of {server} is longer than {largest >> 20} MiB: it is not read")
        yield plain
    if unpack and received and not unpack.eof:
        raise zlib.error("cut off")
