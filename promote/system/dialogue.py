"""A program that answers one request after the other, such as `git cat-file --batch`, as long as it runs."""

from __future__ import annotations

import select
from typing import IO

from promote.errors import ToolError

_SILENCE = 120_000  # milliseconds without any answer
_PART = 1 << 16  # bytes that a pipe holds


class Dialogue:
    """The two pipes to the program `name`."""

    def __init__(self, name: str, asks: IO[bytes], answers: IO[bytes]) -> None:
        self._name, self._asks, self._answers = name, asks, answers
        self._left = bytearray()
        self._ready = select.poll()
        self._ready.register(answers, select.POLLIN | select.POLLHUP)

    def send(self, request: bytes) -> None:
        """Send a request, which must be so short that the pipe holds it: the program may be busy with an answer."""
        if len(request) > _PART // 2:
            raise ValueError("a request is too long")
        try:
            self._asks.write(request)
            self._asks.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def line(self) -> bytes:
        """The next line of the answer, without its end; raises ToolError where the program ends or is silent."""
        while (end := self._left.find(b"\n")) < 0:
            self._more(_PART)
        return self._take(end + 1)[:-1]

    def read(self, size: int) -> bytes:
        """The next `size` bytes of the answer; raises ToolError where the program ends or is silent."""
        while len(self._left) < size:
            self._more(max(_PART, size - len(self._left)))
        return self._take(size)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._left[:size])
        del self._left[:size]
        return taken

    def _more(self, size: int) -> None:
        if not self._ready.poll(_SILENCE):
            raise ToolError(f"{self._name} did not answer for {_SILENCE // 1000} s")
        part = self._answers.read1(size)  # type: ignore[attr-defined]
        if not part:
            raise self._ended()
        self._left += part

    def _ended(self) -> ToolError:
        return ToolError(f"{self._name} ended without an answer: run `git fsck` in this clone")
