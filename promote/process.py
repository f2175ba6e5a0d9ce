"""The one place that starts other programs: argument lists, clean environment, time limits, no secrets."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from promote.errors import ToolError

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s'\"]+@")
_SECRET_NAME = re.compile(r"(TOKEN|PASSWORD|SECRET|CREDENTIAL)", re.IGNORECASE)
_SHORTEST_SECRET = 8

# A hook or another Git command exports these; they would point our Git at the wrong repository.
_INHERITED_GIT = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_QUARANTINE_PATH",
)


@dataclass(frozen=True, slots=True)
class Completed:
    """A finished program: its exit code and what it printed, as bytes."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """What it said on standard output."""
        return self.stdout.decode("utf-8", "replace")

    @property
    def error(self) -> str:
        """What it said on standard error, without credentials."""
        return redact(self.stderr.decode("utf-8", "replace")).strip()


def redact(text: str) -> str:
    """Replace credentials in URLs, and the value of every secret-named environment variable, by `***`."""
    text = _CREDENTIALS.sub("***@", text)
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, "***")
    return text


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a child: ours without another Git command's variables, never prompting."""
    kept = {name: value for name, value in os.environ.items() if name not in _INHERITED_GIT}
    return kept | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"} | dict(extra or {})


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> Completed:
    """Run `argv` to its end and return what it did; the caller judges the exit code.

    Raises ToolError when the program is missing or runs longer than `timeout` seconds.
    """
    command = [str(part) for part in argv]
    try:
        # Its own session, so that a time-out also ends what the program itself has started.
        child = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment(env),
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise ToolError(f"cannot start {command[0]}: {error.strerror}") from error
    with child:
        try:
            stdout, stderr = child.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            raise ToolError(f"{_name(command)} took longer than {timeout:.0f} s and was stopped") from None
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
    return Completed(child.returncode, stdout, stderr)


def _name(command: Sequence[str]) -> str:
    return redact(" ".join([Path(command[0]).name, *command[1:2]]))
