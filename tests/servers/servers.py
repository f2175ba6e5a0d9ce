"""Starts real servers on loopback for a test, waits until they answer, and always stops them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.manifests.render import REPOSITORY

# Debian keeps servers out of the search path of ordinary users.
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin:/usr/lib/rabbitmq/bin"
Environment = dict[str, str]
TAIL = 3000


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skips, and says so loudly, where a program is not installed."""
    missing = [each for each in programs if not shutil.which(each, path=PATH)]
    packages = (REPOSITORY / "tools/debian-packages.txt").read_text(encoding="utf-8").split()
    return pytest.mark.skipif(
        bool(missing),
        reason=f"NOT TRIED FOR REAL: {', '.join(missing)} not found; apt-get install {' '.join(packages)}",
    )


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 30, log: Path | None = None) -> None:
    """Ask until it holds; when it does not in time, the message ends with what the server has said last."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"gave up waiting until {what}{_last_words(log)}"
        time.sleep(0.05)


def _last_words(log: Path | None) -> str:
    return f"; {log} ends with:\n{log.read_text(errors='replace')[-TAIL:]}" if log and log.exists() else ""


def run(*command: str | Path, environment: Environment | None = None, seconds: float = 120) -> str:
    """Run a command to its end; what it says is the message when it fails."""
    done = attempt(*command, environment=environment, seconds=seconds)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def attempt(
    *command: str | Path, environment: Environment | None = None, seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(each) for each in command],
        env={"PATH": PATH, "LC_ALL": "C.UTF-8"} | (environment or {}),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        start_new_session=True,
    )


# Holds the server until its standard input closes, which also happens when the tests are killed; then ends the group.
GUARD = 'trap : TERM; "$@" </dev/null & read -r _; kill -TERM -$$; wait; exit 0'


@contextlib.contextmanager
def server(*command: str | Path, environment: Environment | None = None, log: Path) -> Iterator[None]:
    """A server in a process group of its own, with what it says in `log`; the whole group ends with the block."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["sh", "-c", GUARD, "sh", *(str(each) for each in command)],
            env={"PATH": PATH, "LC_ALL": "C.UTF-8"} | (environment or {}),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
    finally:
        assert process.stdin
        process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
