"""Progress messages of long commands. The command line decides where they go; by default, nowhere."""

from __future__ import annotations

from collections.abc import Callable

_listener: list[Callable[[str], object]] = [lambda _: None]


def report(line: str) -> None:
    """Report one line."""
    _listener[-1](line)


def listen(listener: Callable[[str], object]) -> None:
    """Send what is reported from now on to `listener`."""
    _listener[-1] = listener
