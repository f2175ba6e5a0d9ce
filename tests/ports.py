"""Ports of loopback for the servers that tests start: free, and given to nobody else.

A port that was only looked at may be gone when the server binds it: given out twice, given to another worker at the
same moment, or taken by the kernel for an outgoing connection. So a number comes from below the range of outgoing
connections, and its UDP port, which none of the servers uses, stays bound for as long as this process lives: it marks
the number as taken for every other process that chooses here.
"""

from __future__ import annotations

import secrets
import socket
from contextlib import ExitStack

# Linux hands out 32768 and above for outgoing connections, macOS 49152 and above.
LOWEST, HIGHEST = 10_000, 32_000
ATTEMPTS = 1000
_marks = ExitStack()


def free_ports(count: int, *, beside: int = 0) -> list[int]:
    """That many ports; `beside` is how far above each of them a second one is free as well.

    Raises:
        AssertionError: nearly all ports are in use.
    """
    return [_free_port((0, beside) if beside else (0,)) for _ in range(count)]


def _free_port(distances: tuple[int, ...]) -> int:
    for _ in range(ATTEMPTS):
        port = LOWEST + secrets.randbelow(HIGHEST - max(distances) - LOWEST)
        with ExitStack() as marks:
            try:
                for each in distances:
                    _mark(port + each, marks)
            except OSError:
                continue
            _marks.push(marks.pop_all())
            return port
    raise AssertionError(f"no free port between {LOWEST} and {HIGHEST}")


def _mark(port: int, marks: ExitStack) -> None:
    marks.enter_context(socket.socket(type=socket.SOCK_DGRAM)).bind(("127.0.0.1", port))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))
