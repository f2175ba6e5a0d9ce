"""Starts one program of the cluster, asks it until it answers, and ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, Self

import urllib3

from tests.load import patience

TETHER = Path(__file__).with_name("tether.py")
TAIL = 2000
GRACE = 10.0
# Programs of Go collect garbage less often than by default: memory is there, and the processors have more to do.
THRIFT = {"GOGC": "400"}
LONGEST_PAUSE = 1.0


class StartFailed(Exception):
    """A program ended, or did not answer in time; the text ends with its log."""


class PortTaken(StartFailed):
    """Somebody else took a port between our choice and the program's start."""


class Unfinished(Exception):
    """What was waited for did not come; the text says what it was waiting for."""


def wait(what: str, ask: Callable[[], str | None], *, seconds: float, longest: float = LONGEST_PAUSE) -> None:
    """Ask again and again until the answer is None; anything else says what is still missing.

    `seconds` are those of a quiet machine. The pauses grow up to the `longest`: to ask takes processor time from what
    is waited for.
    """
    start, pause = time.monotonic(), 0.02
    while missing := ask():
        if (waited := time.monotonic() - start) > patience(seconds):
            raise Unfinished(f"{what}: after {waited:.0f} s still {missing}")
        time.sleep(pause)
        pause = min(pause * 1.5, longest)


class Process:
    """A running program in a process group of its own, tethered to this one."""

    def __init__(self, log: Path, command: Sequence[str | Path], env: Mapping[str, str] | None = None):
        self.name = log.stem
        self.log = log
        self._command = command
        self._env = env
        self._health: tuple[str, Path | None] | None = None
        self._child = self._start("wb")

    def _start(self, mode: Literal["wb", "ab"]) -> subprocess.Popen[bytes]:
        tethered = [sys.executable, "-I", TETHER, os.getpid(), *self._command]
        with self.log.open(mode) as output:
            return subprocess.Popen(
                [str(part) for part in tethered],
                cwd=self.log.parent,
                env={**os.environ, **THRIFT, **(self._env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ready(self, url: str, authority: Path | None = None, *, seconds: float = 60.0) -> None:
        """Wait until a health address answers 200, by the certificate that the program makes for itself."""
        self._health = url, authority
        with urllib3.PoolManager(ca_certs=authority, retries=False, timeout=5.0) as pool:
            wait(f"{self.name} starts", lambda: self._unhealthy(pool, url), seconds=seconds)

    def kill(self) -> None:
        """End it at once, as a machine that loses power does."""
        os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()

    def restart(self) -> None:
        """Start it again after `kill`, with the same command, and wait until it is as healthy as it was."""
        self._child = self._start("ab")
        if self._health is not None:
            self.ready(*self._health)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let it do nothing for a while, as a machine does that is starved."""
        os.killpg(self._child.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._child.pid, signal.SIGCONT)

    def _unhealthy(self, pool: urllib3.PoolManager, url: str) -> str | None:
        if self._child.poll() is not None:
            text = self.log.read_text(errors="replace")
            kind = PortTaken if "address already in use" in text else StartFailed
            raise kind(f"{self.name} ended with {self._child.returncode}; {self.log}:\n{text[-TAIL:]}")
        try:
            answer = pool.request("GET", url)
        except urllib3.exceptions.HTTPError as error:
            return f"not answering: {error}"
        return None if answer.status == 200 else f"answering {answer.status}: {answer.data[:200]!r}"

    def stop(self) -> None:
        """Ask it to end, insist after a while, and leave nothing of its group."""
        for request in (signal.SIGTERM, signal.SIGKILL):
            # The group is gone once its one process was waited for.
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, request)
            try:
                self._child.wait(GRACE)
            except subprocess.TimeoutExpired:
                continue
            break
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)


class Running(ABC):
    """What runs within a `with` statement; a start that fails ends what it has started."""

    @abstractmethod
    def _start(self) -> None:
        """Start everything."""

    @abstractmethod
    def stop(self) -> None:
        """End everything that was started."""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Programs(Running):
    """Programs by name, which tests may kill and restart."""

    def __init__(self) -> None:
        self._processes: dict[str, Process] = {}

    def process(self, name: str) -> Process:
        """The program of that name."""
        return self._processes[name]

    def stop(self) -> None:
        """End every program, the last one first."""
        while self._processes:
            self._processes.popitem()[1].stop()
