"""Requests to a forge's server that may fail: tried again after a temporary error, and never done twice."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeVar

from promote.errors import NetworkError, PromoteError
from promote.system import deadline
from promote.system.deadline import Deadline

T = TypeVar("T")

MAX_BODY = 65_536
LONGEST_REASON = 300  # characters of what a forge says
TIMEOUT = 20  # seconds, for connecting and for each wait while reading
_PATIENCE = 60.0  # seconds that one call may wait between its attempts, in total
_PAUSES = (1.0, 2.0, 4.0)
_CLOSE = "\n```\n\n</details>\n\n"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One failed request: its error, whether to try again, and whether it may have succeeded without an answer."""

    error: PromoteError
    again: bool = False
    uncertain: bool = False
    wait: float = 0.0


def unanswered(error: Exception, host: str, forge: str) -> Trouble:
    """What it means that a request had no answer, or one that is not of the API of `forge`."""
    if isinstance(error, OSError):
        message = f"cannot reach {host} ({type(error).__name__}): run the same command again"
        return Trouble(NetworkError(message), again=True, uncertain=True)
    message = (
        f"the answer of {host} is not one of {forge}'s API: check that the remote's address is correct "
        "and that no proxy interferes"
    )
    return Trouble(NetworkError(message), uncertain=True)


def retry_after(given: str, default: float) -> float:
    """The seconds that the header Retry-After asks to wait, which it gives as a number or as a date."""
    given = given.strip()
    if given.isdecimal():
        return float(given[:9])  # a number may have any length
    try:
        return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
    except (ValueError, OverflowError):
        return default


def passing(status: int, host: str, wait: float, *, is_limit: bool) -> Trouble | None:
    """What it means that a server takes no more requests for `wait` seconds, or fails; None for other answers."""
    if is_limit:
        message = f"{host} limits the rate of requests: run the same command again in {wait:.0f} s"
        return Trouble(NetworkError(message), again=True, wait=wait)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        message = f"{host} failed ({status}): run the same command again"
        return Trouble(NetworkError(message), again=True, uncertain=True, wait=wait)
    return None


def refusal(answer: str, table: Iterable[tuple[str, type[PromoteError], str]]) -> tuple[type[PromoteError], str]:
    """The error and the advice of the first row of `table` whose pattern matches; the last row fits everything."""
    return next((kind, advice) for pattern, kind, advice in table if re.match(pattern, answer, re.IGNORECASE))


@dataclass(frozen=True, slots=True)
class Attempts:
    """How one forge fails: the exceptions of its client, and what each of them means."""

    failures: tuple[type[Exception], ...]
    host: str
    sleep: Callable[[float], None] = time.sleep

    def make(
        self,
        call: Callable[[], T],
        explain: Callable[[Exception], Trouble],
        settled: Callable[[], T | None] = lambda: None,
    ) -> T:
        """Do `call`, again after a temporary error; if it may have succeeded unnoticed, ask `settled` first.

        All calls of one command share a deadline, with the pauses between them; raises NetworkError when it is over.
        """
        # Before each attempt, a request whose answer was lost must be looked for, or it is done twice.
        limit = deadline.command()
        patience = min(_PATIENCE, limit.left)
        for pause in (*_PAUSES, None):
            try:
                return limit.ask(call, self.host)
            except self.failures as error:
                trouble = explain(error)
            if trouble.uncertain and (done := self._look(settled, limit)) is not None:
                return done
            wait = max(trouble.wait, pause or 0.0)
            if not trouble.again or pause is None or wait > patience:
                break
            patience -= wait
            limit.spend(wait)
            self.sleep(wait)
        # Outside `except`: the cause has headers and bodies, and must not be attached to our error.
        raise trouble.error

    def _look(self, settled: Callable[[], T | None], limit: Deadline) -> T | None:
        try:
            return limit.ask(settled, self.host)
        except self.failures:
            return None


def fit(body: str, forge: str) -> str:
    """The body as it is, or cut at the end of a line, with a last line that says so, to fit the limit."""
    if len(body) <= MAX_BODY:
        return body
    cut = f"*Cut here: {forge} gets at most {MAX_BODY:,} characters. `promote plan` shows the rest.*"
    room = body[: MAX_BODY - len(_CLOSE) - len(cut)]
    kept = room.rpartition("\n")[0] or room
    fence = "\n```" if len(re.findall(r"^```", kept, re.MULTILINE)) % 2 else ""
    details = "\n\n</details>" * (kept.count("<details") > kept.count("</details"))
    return f"{kept}{fence}{details}\n\n{cut}"
