"""What the clients of forges with a JSON API share: the address, the questions that all answer, and how they fail."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, Self, TypeVar
from urllib.parse import urlsplit

from promote.errors import PromoteError
from promote.forge.address import Token
from promote.forge.attempts import (
    LONGEST_REASON,
    TIMEOUT,
    Attempts,
    Trouble,
    passing,
    refusal,
    retry_after,
    unanswered,
)
from promote.forge.json_api import Api, Dialect, Refused
from promote.forge.protocol import PullRequest
from promote.system.process import redact

T = TypeVar("T")

# When an answer is not what a forge documents, reading it fails in many ways. All exceptions of requests are OSError.
_TROUBLE = (Refused, OSError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Failures:
    """What the refusals of one forge mean.

    `refusals` has a pattern for the status and the reason, the error, and the advice; the first match counts. What
    matches `passing` is tried again, and what matches `done` may be done already: by another run, or by our own
    request whose answer was lost. The statuses `limits` are a limit of the rate where they say how long to wait.
    """

    forge: str
    refusals: tuple[tuple[str, type[PromoteError], str], ...]
    passing: re.Pattern[str]
    done: re.Pattern[str]
    limits: tuple[int, ...] = ()

    def explain(self, what: str, error: Exception, host: str, token: Token, *, new: bool = False) -> Trouble:
        """What a failed request about `what` means; no text has the token. `new`: a 404 may pass."""
        if not isinstance(error, Refused):
            return unanswered(error, host, self.forge)
        is_limit = error.status == HTTPStatus.TOO_MANY_REQUESTS
        wait = retry_after(error.headers.get("Retry-After", ""), 60.0 if is_limit else 0.0)
        is_limit = is_limit or bool(error.status in self.limits and wait)
        if trouble := passing(error.status, host, wait, is_limit=is_limit):
            return trouble
        # Remove the token before the cut: half a token is a secret too.
        reason = redact(" ".join(error.message.replace(token.value, "***").split()))[:LONGEST_REASON]
        answer = f"{error.status} {reason}"
        kind, advice = refusal(answer, self.refusals)
        # Without a status, it is our own conclusion.
        status = f" ({error.status})" if error.status else ""
        message = f"{what}: {reason or 'refused without a reason'}{status}; {advice.format(variable=token.variable)}"
        again = bool(self.passing.match(answer)) or (new and error.status == HTTPStatus.NOT_FOUND)
        return Trouble(kind(message), again=again, uncertain=bool(self.done.match(answer)))


class JsonForge(ABC):
    """One repository on one server. No text that its methods return or raise has the token."""

    has_server = True
    _dialect: ClassVar[Dialect]
    _failures: ClassVar[Failures]
    _pulls: ClassVar[str]  # what the API calls pull requests in its paths

    def __init__(
        self,
        repository: str,
        api: str,
        token: Token,
        *,
        timeout: int = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.repository = repository
        self.api = api
        self._host = urlsplit(api).netloc
        self._token = token
        self._attempts = Attempts(_TROUBLE, self._host, sleep)
        self._http = Api(f"{api}/{self._path(repository)}", token, timeout, self._dialect)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.repository!r}, {self.api!r})"

    @classmethod
    def from_remote(
        cls,
        remote_url: str,
        environ: Mapping[str, str],
        *,
        timeout: int = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Self:
        """The repository that a Git remote points at, with the address and the token that `environ` gives.

        Raises UsageError if the remote is not a repository on a server, or if no token is set.
        """
        repository, api, token = cls._locate(remote_url, environ)
        return cls(repository, api, token, timeout=timeout, sleep=sleep)

    @staticmethod
    @abstractmethod
    def _locate(remote_url: str, environ: Mapping[str, str]) -> tuple[str, str, Token]:
        """The repository, the address of the API, and the token; raises UsageError."""

    @staticmethod
    @abstractmethod
    def _path(repository: str) -> str:
        """The path of the repository below the address of the API."""

    @abstractmethod
    def _read(self, data: Any) -> PullRequest:
        """A pull request as the API shows it."""

    @abstractmethod
    def _listed(self, base: str, head: str) -> list[PullRequest]:
        """The open pull requests into `base`, or, where the API can be asked for it, those of a branch `head`."""

    @abstractmethod
    def _new_commit(self, data: Any) -> str:
        """The commit that a merged pull request made on its base; raises ValueError where nothing is merged."""

    def find_open(self, head: str, base: str) -> PullRequest | None:
        """The open pull request from our own branch `head` (never a fork's) into `base`, if there is one."""
        return self._ask(self._about_repository, lambda: self._find(head, base))

    def list_open(self, base: str) -> tuple[PullRequest, ...]:
        """Every open pull request into `base`, by number; the head of a fork's has a colon."""
        return self._ask(self._about_repository, lambda: self._open(base))

    def get(self, number: int) -> PullRequest:
        """One pull request; raises UsageError when there is none with this number."""
        return self._ask(self._about_pull(number), lambda: self._read(self._pull(number)))

    def _open(self, base: str, head: str = "") -> tuple[PullRequest, ...]:
        """Every open pull request into `base`, by number."""
        # A list that grows meanwhile repeats entries. Also filtered here: older servers ignore a filter, and a
        # redirection may lose it.
        found = {pull.number: pull for pull in self._listed(base, head) if pull.state == "open" and pull.base == base}
        return tuple(found[number] for number in sorted(found))

    def _find(self, head: str, base: str) -> PullRequest | None:
        return next((pull for pull in self._open(base, head) if pull.head == head), None)

    def _merged(self, number: int, head_commit: str) -> str | None:
        """The commit that an earlier merge of `head_commit` made; None if there was none."""
        data = self._pull(number)
        pull = self._read(data)
        return self._new_commit(data) if pull.state == "merged" and pull.head_commit == head_commit else None

    @property
    def _about_repository(self) -> str:
        return f"repository {self.repository}"

    def _about_pull(self, number: int) -> str:
        return f"pull request #{number} in {self.repository}"

    def _pull(self, number: int) -> Any:
        return self._http.ask("GET", f"{self._pulls}/{number}")[0]

    def _ask(
        self,
        what: str,
        call: Callable[[], T],
        settled: Callable[[], T | None] = lambda: None,
        *,
        new: bool = False,
    ) -> T:
        return self._attempts.make(
            call, lambda error: self._failures.explain(what, error, self._host, self._token, new=new), settled
        )


def text(value: Any) -> str:
    """What a forge always gives; raises TypeError where an answer is not the forge's."""
    if not isinstance(value, str) or not value:
        raise TypeError("a text is missing")
    return value


def require_open(pull: PullRequest) -> None:
    """Raise Refused for a pull request that is merged or closed, where forges give no good reason."""
    if pull.state != "open":
        raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"it is not mergeable because it is {pull.state}")
