"""A server of a test on 127.0.0.1, which listens for the length of a `with` statement."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class Listening(ThreadingHTTPServer):
    """What takes the requests; handlers find the server that answers in `owner`."""

    daemon_threads = True
    owner: Loopback


class Loopback:
    """Listens on a free port; `host` is its address."""

    def listen(self, handler: type[BaseHTTPRequestHandler], listening: type[Listening] = Listening) -> None:
        """Take a port, whose requests `handler` is to answer."""
        self._listening = listening(("127.0.0.1", 0), handler)
        self._listening.owner = self
        self.host = f"127.0.0.1:{self._listening.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listening.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.shutdown()
        self._listening.server_close()
