"""The one place that starts other programs: argument lists, clean environment, time limits, no secrets."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from promote.errors import TimedOut, ToolError
from promote.system import landlock, scratch, signals
from promote.system.dialogue import Dialogue
from promote.system.landlock import Access

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_Result = TypeVar("_Result")
_TURN = 0.2  # seconds

# Up to the last '@' before the end of the host: a password may contain one.
_CREDENTIALS = re.compile(r"(?<=://)[^/\s'\"]+@")
_SECRET_NAME = re.compile(r"TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL|_KEY$|_PAT$", re.IGNORECASE)
_SHORTEST_SECRET = 8

# A hook or another Git command exports these; they would point our Git at the wrong repository.
# `git rev-parse --local-env-vars` lists them. Of the variables with configuration, those that add some are the user's
# and stay; GIT_CONFIG hides .git/config from who looks at it. The last ones change what a path means.
INHERITED_GIT = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_DIR", "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE", "GIT_ATTR_SOURCE", "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS", "GIT_LITERAL_PATHSPECS", "GIT_NOGLOB_PATHSPECS",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exactly:
    """The whole environment of a program, and all that it may open, where the kernel can enforce that.

    `through` is a command that becomes the program, and messages omit it.
    """

    environment: Mapping[str, str]
    through: tuple[str, ...] = ()
    access: Access | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """A finished program: its exit code and what it printed, as bytes."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """Its standard output."""
        return self.stdout.decode("utf-8", "replace")

    @property
    def error(self) -> str:
        """Its standard error, without credentials."""
        return redact(self.stderr.decode("utf-8", "replace")).strip()


def redact(text: str) -> str:
    """Replace credentials in URLs, and the value of every secret-named environment variable, by `***`."""
    text = _CREDENTIALS.sub("***@", text)
    secrets = {os.environ[name].strip() for name in secret_names()}
    # The longest first, should one be part of another.
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return text


def secret_names() -> list[str]:
    """The environment variables that are named like tokens and passwords."""
    return [name for name in os.environ if _SECRET_NAME.search(name)]


def environment(extra: Mapping[str, str] | None = None, *, secrets: bool = False) -> dict[str, str]:
    """The environment for Git: ours without the variables of another Git command, and without prompts.

    Only with `secrets` it has the variables that are named like tokens and passwords: where Git asks a remote, a
    program of the user may need them to answer it. Its folder for temporary files is deleted with ours.
    """
    hidden = secret_names()
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in INHERITED_GIT and (secrets or name not in hidden)
    }
    # For programs that fail without it, such as conftest: `~` is left if the user is not in the password database.
    home = os.path.expanduser("~")  # noqa: PTH111 Path.home raises there
    kept.setdefault("HOME", str(scratch.for_programs()) if home == "~" else home)
    # `ext::` and other helpers of remotes are programs.
    kept.setdefault("GIT_ALLOW_PROTOCOL", "https:ssh:http:file:git")
    kept["PATH"] = search_path()
    ours = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "TMPDIR": str(scratch.for_programs())}
    return kept | ours | dict(extra or {})


def search_path() -> str:
    """PATH without entries that depend on the current folder, which may hold a `git` of somebody else."""
    absolute = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry.startswith("/")]
    return os.pathsep.join(absolute) or os.defpath


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
    memory: int | None = None,
    exactly: Exactly | None = None,
) -> Completed:
    """Run `argv` to its end and return its result; the caller evaluates the exit code.

    Its environment is `environment(env)`, or what `exactly` says.
    On Linux the program may allocate `memory` bytes, and fails if it asks for more. Raises ToolError when
    the program is missing, TimedOut when it runs longer than `timeout` seconds.
    """
    command = [str(part) for part in argv]
    own = exactly or Exactly(environment(env))
    with signals.delayed() as go_on:
        child = _started(command, cwd, own)
        with child, _running(child):
            go_on()
            # From the parent: Python code between fork and exec is not safe in a process with threads.
            if memory is not None and sys.platform == "linux":
                with suppress(ProcessLookupError):
                    resource.prlimit(child.pid, resource.RLIMIT_DATA, (memory, memory))
            try:
                stdout, stderr = child.communicate(stdin, timeout)
            except subprocess.TimeoutExpired:
                raise TimedOut(f"{_name(command)} took longer than {timeout:.0f} s and was stopped") from None
    return Completed(child.returncode, stdout, stderr)


def _started(
    command: Sequence[str], cwd: Path | None, own: Exactly, stderr: int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that a time-out also ends what the program itself has started."""

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*own.through, *command],
            cwd=cwd,
            env=dict(own.environment),
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )

    try:
        return landlock.within(own.access, start)
    except OSError as error:
        raise ToolError(f"cannot start {command[0]}: {error.strerror}") from error


@contextmanager
def dialogue(
    argv: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[Dialogue]:
    """Start `argv`, which answers requests, and stop it after the block; raises ToolError if it is missing."""
    command = [str(part) for part in argv]
    with signals.delayed() as go_on:
        child = _started(command, cwd, Exactly(environment(env)), subprocess.DEVNULL)
        with _running(child):
            go_on()
            try:
                yield Dialogue(_name(command), child.stdin, child.stdout)  # type: ignore[arg-type]
            finally:
                # It has nothing to save: it only reads.
                _stop(child)
                for pipe in (child.stdin, child.stdout):
                    with suppress(BrokenPipeError):
                        pipe.close()  # type: ignore[union-attr]
                child.wait()


@contextmanager
def side_by_side(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that run programs at the same time, one at least; when the block fails, those programs are stopped."""
    # Imported here: most commands start one program at a time.
    from concurrent.futures import ThreadPoolExecutor

    # What catches the failure still needs these, such as a `git cat-file` that answers for as long as it runs.
    older = frozenset(_children)
    try:
        with ThreadPoolExecutor(max(workers, 1)) as pool:
            try:
                yield pool
            except BaseException:
                # Without this, Ctrl-C would wait until all of them have ended.
                pool.shutdown(wait=False, cancel_futures=True)
                _stopping.set()
                for child in tuple(_children - older):
                    _stop(child)
                raise
    finally:
        _stopping.clear()


def result(future: Future[_Result]) -> _Result:
    """The result of `future`, waited for in short intervals: one long wait would miss a Ctrl-C just before it."""
    while not future.done():
        with suppress(TimeoutError):
            future.exception(timeout=_TURN)
    return future.result()


_children: set[subprocess.Popen[bytes]] = set()
_stopping = Event()


@contextmanager
def _running(child: subprocess.Popen[bytes]) -> Iterator[None]:
    _children.add(child)
    # Either the thread that stops the others finds this child in the set, or this thread finds the event set.
    if _stopping.is_set():
        _stop(child)
    try:
        yield
    except BaseException:
        _stop(child)
        raise
    finally:
        _children.discard(child)


def _stop(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def _name(command: Sequence[str]) -> str:
    return redact(" ".join([Path(command[0]).name, *command[1:2]]))
