"""The tags of an image in its registry, and the digest that each has: asked with patience, and never twice."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TypeVar

from promote.errors import NetworkError, PromoteError
from promote.forge.attempts import Attempts, Trouble, retry_after
from promote.model import Version, check_tag, is_tag
from promote.oci import address
from promote.oci.address import Access, Repository
from promote.oci.credentials import DockerConfig
from promote.oci.server import Refused, Server

T = TypeVar("T")

_AGAIN = "run the same command again"
_MOST_TAGS = 100_000  # of one image
_MOST_PAGES = 500


class Registries:
    """All registries, each asked as promote.yaml says (`access`, by host) with the user's credential for it."""

    def __init__(
        self,
        access: Mapping[str, Access],
        docker: DockerConfig | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._access = access
        self._docker = docker or DockerConfig.of_user()
        self._sleep = sleep
        self._servers: dict[str, Server] = {}
        self._known: dict[tuple[str, str], str] = {}
        self._listed: dict[str, tuple[str, ...]] = {}

    def pinned(self, name: str, version: Version) -> Version:
        """The version of the image `name` with the digest that its tag has now in the registry.

        Raises UsageError for an invalid name or tag, and NetworkError, with what to do, where there is no answer.
        """
        tag = check_tag(version.tag or "")
        repository = address.parse(name)
        if (repository.name, tag) not in self._known:
            server = self._server(repository.host)
            what = f"{repository.name}:{tag}"
            digest = self._ask(server, what, "the digest", lambda: server.digest(repository.path, tag))
            self._known[repository.name, tag] = digest
        return replace(version, digest=self._known[repository.name, tag])

    def tags(self, name: str) -> tuple[str, ...]:
        """All tags that the registry has of the image `name`; what is not a valid tag is left out.

        Raises the same as `pinned`, also for a list that is too long or has no end.
        """
        repository = address.parse(name)
        if repository.name not in self._listed:
            self._listed[repository.name] = tuple(dict.fromkeys(self._pages(repository)))
        return self._listed[repository.name]

    def _pages(self, repository: Repository) -> Iterator[str]:
        server = self._server(repository.host)
        query, seen, count = "", {""}, 0
        while True:
            page, following = self._ask(
                server, repository.name, "the tags", functools.partial(server.tags, repository.path, query)
            )
            count += len(page)
            if count > _MOST_TAGS:
                raise NetworkError(
                    f"{server.host} has more than {_MOST_TAGS:,} tags of {repository.name}: delete old ones there"
                )
            yield from filter(is_tag, page)
            if not following:
                return
            if following in seen or len(seen) >= _MOST_PAGES:
                raise NetworkError(f"{server.host} gives a list of the tags of {repository.name} without an end")
            query = following
            seen.add(query)

    def _ask(self, server: Server, what: str, question: str, ask: Callable[[], T]) -> T:
        trying = Attempts((Refused, OSError), server.host, self._sleep)
        return trying.make(ask, lambda error: _explain(f"{question} of {what}", what, server.host, error))

    def _server(self, host: str) -> Server:
        if host not in self._servers:
            self._servers[host] = Server(host, self._access, self._docker)
        return self._servers[host]


def _explain(question: str, what: str, host: str, error: Exception) -> Trouble:
    """What a failed request about an image means; no text has a credential, or the words of the server."""
    if not isinstance(error, Refused):
        message = f"cannot ask {host} for {question}: {_why(error)}"
        return Trouble(NetworkError(message), again=_is_passing(error))
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = retry_after(error.headers.get("Retry-After", ""), 60)
        login = "" if error.credential else f"log in (`docker login {host}`) for a higher limit, or "
        message = f"{error.host} limits the rate of requests: {login}{_AGAIN} in {wait:.0f} s"
        return Trouble(NetworkError(message), again=True, wait=wait)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        message = f"{error.host} failed ({error.status}): {_AGAIN}"
        return Trouble(NetworkError(message), again=True, wait=retry_after(error.headers.get("Retry-After", ""), 0))
    return Trouble(_refusal(what, host, error))


def _refusal(what: str, host: str, error: Refused) -> PromoteError:
    given = error.credential
    if error.status == HTTPStatus.NOT_FOUND:
        return NetworkError(f"{error.host} has no {what}: correct the tag or the name, or push the image first")
    if error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        login = f"log in with `docker login {host}`"
        if given is None:
            return NetworkError(
                f"{error.host} does not show {what} without a login ({error.status}): {login}, or correct the name"
            )
        return NetworkError(
            f"{error.host} does not show {what} with the credential of {given.origin} ({error.status}): {login} as "
            "an account that may pull it, or correct the name"
        )
    return NetworkError(f"{error.host} does not answer like a registry about {what} ({error.status})")


def _is_passing(error: Exception) -> bool:
    from requests import exceptions

    return isinstance(error, exceptions.ConnectionError | exceptions.Timeout) and not isinstance(
        error, exceptions.SSLError
    )


def _why(error: Exception) -> str:
    """The cause of a failed request, without the request itself."""
    from requests import exceptions

    text = str(error)
    if "WRONG_VERSION_NUMBER" in text or "record layer failure" in text:
        return (
            "it does not speak TLS; if it must do without, say so by `plain_http` under `registries` in promote.yaml"
        )
    if isinstance(error, exceptions.SSLError):
        return "its certificate is not valid here; name the authority that signed it in REQUESTS_CA_BUNDLE"
    if "NameResolutionError" in text:
        return "its name cannot be resolved; correct it, or check the network"
    if isinstance(error, exceptions.Timeout):
        return f"it did not answer in time; {_AGAIN}"
    if "Connection refused" in text:
        return "connection refused; correct its port, or check whether it runs"
    return f"{type(error).__name__}; {_AGAIN}"
