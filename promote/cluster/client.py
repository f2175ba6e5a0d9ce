"""One API server, read through Kubernetes' own client; nothing here can write.

Objects stay what the server sent, as mappings: a cluster may be newer than the client, and custom resources
have no type in it.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from promote.cluster import kubeconfig
from promote.cluster.resources import Resource
from promote.errors import ClusterError, Forbidden, NetworkError, NotServed, Unreachable
from promote.system.deadline import Deadline
from promote.yamltext import reader

if TYPE_CHECKING:
    from kubernetes.client.api_client import ApiClient

Object = Mapping[str, Any]

_TIMEOUT = (5, 20)  # seconds to connect, and for each silence while reading
_LONGEST_GET, _LONGEST_LIST = 60, 300  # seconds for one object, and for all pages of a list
_LARGEST = 64 << 20  # bytes of one page, unpacked
_PAGE = 500
_MOST_PAGES = 200
_LONGEST_REASON = 300
_PASSING = (HTTPStatus.TOO_MANY_REQUESTS, *(one for one in HTTPStatus if one >= HTTPStatus.INTERNAL_SERVER_ERROR))
_READER = "bind its account to the reader's permissions (delivery/reader), or choose another one with --context"


@dataclass(frozen=True)
class Address:
    """Which API server to ask: a kubeconfig (else KUBECONFIG, else the default file) and a context in it."""

    kubeconfig: str | None = None
    context: str | None = None


class Cluster:
    """An API server, asked as the account of one context; every request has a time limit.

    The first question raises ClusterError where there is no such kubeconfig or context.
    """

    def __init__(self, address: Address) -> None:
        self._address = address

    @cached_property
    def _connection(self) -> tuple[ApiClient, str]:
        from kubernetes.client.api_client import ApiClient
        from urllib3 import Retry

        configuration, context = kubeconfig.load(self._address.kubeconfig, self._address.context)
        # One more try for a connection that was closed meanwhile; an API server never sends elsewhere.
        configuration.retries = Retry(total=1, redirect=0, raise_on_redirect=False)
        # Our errors say it all; without a handler, Python would print its warnings.
        logging.getLogger("urllib3").addHandler(logging.NullHandler())
        return ApiClient(configuration), context

    @property
    def context(self) -> str:
        """The name of the context."""
        return self._connection[1]

    @property
    def server(self) -> str:
        """Host and port of the API server."""
        return urlsplit(str(self._connection[0].configuration.host)).netloc

    def close(self) -> None:
        """Close the connections."""
        if "_connection" in self.__dict__:
            self._connection[0].close()
            del self._connection

    def items(self, resource: Resource, namespace: str = "") -> list[Object]:
        """All objects of a kind in a namespace or, without one, in the cluster.

        Raises Forbidden, NotServed, or ClusterError with what to do. Each has `metadata` with texts; anything else is
        as the server sent it: whoever reads more of it does so where it is `understood`.
        """
        where = f"{resource} in the namespace {namespace}" if namespace else f"{resource} of all namespaces"
        found: list[Object] = []
        following, limit = "", Deadline(_LONGEST_LIST)
        for _ in range(_MOST_PAGES):
            query = [("limit", str(_PAGE)), *([("continue", following)] if following else [])]
            answer = self._ask(resource.path(namespace), query, f"list {where}", limit)
            items = answer.get("items") if answer is not None else None
            if answer is None:
                raise NotServed(f"the API server {self.server} does not serve {resource}: install what defines it")
            with understood():
                found += map(_object, items or ())
                following = str((answer.get("metadata") or {}).get("continue") or "")
            if not following:
                return found
        raise ClusterError(f"there are more than {_PAGE * _MOST_PAGES} {where}: that is more than promote reads")

    def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """One object, None where there is none; raises Forbidden, or ClusterError with what to do."""
        what = f"get {resource} {namespace}/{name}"
        answer = self._ask(resource.path(namespace, name), [], what, Deadline(_LONGEST_GET))
        with understood():
            return None if answer is None else _object(answer)

    def _ask(self, path: str, query: list[tuple[str, str]], what: str, limit: Deadline) -> Object | None:
        import urllib3
        from kubernetes.client.exceptions import ApiException

        # Before `try`: a kubeconfig that is not valid is not a server that cannot be reached.
        server, context = f"the API server {self.server}", self.context
        problem = ""
        try:
            status, data = limit.ask(lambda: self._answer(path, query), server)
        except NetworkError as error:
            raise Unreachable(f"{error} (context {context})") from None
        except (ApiException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            problem = _why(error)
        if problem:
            # Outside `except`: the cause has the headers of the request.
            raise Unreachable(
                f"cannot reach {server} (context {context}): {problem}; "
                "check its address, the network and whether it runs, then run the command again"
            )
        return self._understood(status, data, what)

    def _answer(self, path: str, query: list[tuple[str, str]]) -> tuple[int, bytes]:
        """The status and the body of an answer, which is read piece by piece, within a limit."""
        from promote.system import http

        client, _ = self._connection
        request = client.param_serialize(
            "GET",
            path,
            query_params=query,
            header_params={"Accept": "application/json", "Accept-Encoding": "gzip"},
            auth_settings=["BearerToken"],
        )
        answer = client.call_api(*request, _request_timeout=_TIMEOUT)
        return answer.status, http.body(answer.response, f"the API server {self.server}", _LARGEST)

    def _understood(self, status: int, data: bytes, what: str) -> Object | None:
        try:
            content = reader.from_json(data, reader.MOST_OF_PROGRAMS)
        except ValueError:
            content = None
        message = " ".join(str(content.get("message", "")).split()) if isinstance(content, dict) else ""
        where = f"the API server {self.server} (context {self.context})"
        if status == HTTPStatus.UNAUTHORIZED:
            raise ClusterError(
                f"{where} does not accept the credential: its token or certificate is expired or invalid; log in "
                "again, or make a new token, then run the command again"
            )
        if status == HTTPStatus.FORBIDDEN:
            raise Forbidden(f"{where} does not allow to {what} ({message[:_LONGEST_REASON]}): {_READER}")
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status != HTTPStatus.OK:
            reason = f" ({message[:_LONGEST_REASON]})" if message else ""
            kind = Unreachable if status in _PASSING else ClusterError
            raise kind(f"{where} could not {what}: it answered {status}{reason}; run the command again")
        if not isinstance(content, dict):
            raise ClusterError(f"{where} does not answer like an API server: check its address and the proxy")
        return content


@contextmanager
def understood() -> Iterator[None]:
    """Raise ClusterError where an object of a cluster does not have the form that the code in the block expects."""
    problem = ""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        problem = f"{type(error).__name__} in {PurePath(last.filename).name}:{last.lineno}"
    if problem:
        # Outside `except`: the cause may show what a Secret holds.
        raise ClusterError(
            f"the cluster sends an object in a form that promote does not know ({problem}): look at its objects with "
            "`kubectl get`; if they are valid, report this as a bug of promote"
        )


def _object(item: Any) -> Object:
    """The object, if it has what each of them has; raises TypeError."""
    metadata = item["metadata"]
    if not all(isinstance(metadata.get(key, ""), str) for key in ("namespace", "name", "uid")):
        raise TypeError
    found: Object = item
    return found


def _why(error: Exception) -> str:
    """The cause of a failed request in the words of the network, without the request itself."""
    import urllib3

    cause = getattr(error, "reason", None) if isinstance(error, urllib3.exceptions.MaxRetryError) else error
    text = str(cause)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "its certificate is not signed by the authority in the kubeconfig"
    if "Connection refused" in text:
        return "connection refused"
    if isinstance(cause, urllib3.exceptions.NameResolutionError):
        return "its name cannot be resolved"
    if isinstance(cause, urllib3.exceptions.TimeoutError):
        return "it did not answer in time"
    return type(cause).__name__
