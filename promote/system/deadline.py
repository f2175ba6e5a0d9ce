"""Limits on the time and the number of requests that a command spends on servers.

A server that sends one byte from time to time, or a list without an end, satisfies every time limit of a single read.
So each question is asked in a thread that is left behind when the time is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event, Thread
from typing import TypeVar

from promote.errors import NetworkError
from promote.system import clock, settings

_Result = TypeVar("_Result")
_TURN = 0.2  # seconds: one long wait would miss a Ctrl-C just before it
_MOST_REQUESTS = 1000
_MOST_REDIRECTS = 5


class Deadline:
    """`seconds` for all questions together; a new one where `variable` says so to the user."""

    def __init__(self, seconds: float, variable: str = "") -> None:
        self._seconds = seconds
        self._variable = variable
        self.left = seconds
        self._requests = 0
        self._redirects = 0

    def ask(self, question: Callable[[], _Result], server: str) -> _Result:
        """The answer of `question`, or its exception; raises NetworkError when the time is over."""
        answers: list[_Result] = []
        problems: list[BaseException] = []
        done = Event()

        def run() -> None:
            _current.set(self)
            try:
                answers.append(question())
            except BaseException as error:  # it is raised where the answer is expected
                problems.append(error)
            finally:
                done.set()

        start = clock.elapsed()
        Thread(target=run, daemon=True).start()
        while not done.wait(max(0.0, min(_TURN, self.left - (clock.elapsed() - start)))):
            if clock.elapsed() - start >= self.left:
                break
        self.spend(clock.elapsed() - start)
        if problems:
            # Without this, the exception would keep itself alive by its own frames.
            raise problems.pop()
        if answers:
            return answers[0]
        more = f", or allow more seconds by {self._variable}" if self._variable else ""
        raise NetworkError(
            f"{server} has not given whole answers within {self._seconds:g} s: run the same command again{more}"
        )

    def spend(self, seconds: float) -> None:
        """Count time that was spent otherwise, such as a pause between two questions."""
        self.left = max(0.0, self.left - seconds)

    def count(self, server: str, is_redirect: bool) -> None:
        """Count one answer; raises NetworkError if there are too many, or too many redirects in a row."""
        self._requests += 1
        self._redirects = self._redirects + 1 if is_redirect else 0
        if self._redirects > _MOST_REDIRECTS:
            raise NetworkError(f"{server} redirects more than {_MOST_REDIRECTS} times: correct the remote's address")
        if self._requests > _MOST_REQUESTS:
            raise NetworkError(f"{server} was asked more than {_MOST_REQUESTS} times: it gives a list without an end")


_command: list[Deadline] = []
_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def of_command() -> Iterator[None]:
    """Let all forges that are asked in this block share one deadline."""
    _command.append(_new())
    try:
        yield
    finally:
        _command.pop()


def renew() -> None:
    """Start again: somebody waits for a forge, with a time limit of their own."""
    if _command:
        _command[-1] = _new()


def command() -> Deadline:
    """The deadline of the command that runs or, outside of one, a new one."""
    return _command[-1] if _command else _new()


def asking() -> Deadline | None:
    """The deadline of the question that is asked in this thread."""
    return _current.get()


def _new() -> Deadline:
    return Deadline(settings.seconds(settings.HTTP), settings.HTTP)
