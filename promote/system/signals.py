"""Turns signals that end the process into exceptions, so that child processes end and files are removed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGHUP)


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP, which end a command like Ctrl-C; the exit code is that of a shell."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = 128 + number


def _terminate(number: int, _: FrameType | None) -> None:
    # Programs that end others often send both: the second must not interrupt the clean-up after the first.
    for each in _ENDING:
        signal.signal(each, signal.SIG_IGN)
    raise Terminated(number)


@contextmanager
def ending() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise Terminated in this block; one that is ignored, as by nohup, stays so."""
    if current_thread() is not main_thread():
        yield
        return
    before = {each: signal.getsignal(each) for each in _ENDING}
    ours = [each for each, handler in before.items() if handler == signal.SIG_DFL]
    try:
        for each in ours:
            signal.signal(each, _terminate)
        yield
    finally:
        for each in ours:
            signal.signal(each, before[each])


@contextmanager
def delayed() -> Iterator[Callable[[], None]]:
    """Delay Ctrl-C and what `ending` handles until the yielded function is called."""
    came: list[int] = []
    waiting = [True]
    caught: tuple[int, ...] = (signal.SIGINT, *_ENDING) if current_thread() is main_thread() else ()
    present = {each: signal.getsignal(each) for each in caught}
    # Only those that raise an exception interrupt what must be finished.
    handlers = {each: one for each, one in present.items() if one in (signal.default_int_handler, _terminate)}

    def go_on() -> None:
        waiting.clear()
        for each, handler in handlers.items():
            signal.signal(each, handler)
        if came:
            handlers[came[0]](came[0], None)

    for each in handlers:
        signal.signal(each, lambda number, _: came.append(number))
    try:
        yield go_on
    finally:
        if waiting:
            go_on()
