"""A checkout that is being set up, its steps, and what each of them may do."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RECIPE = "1"  # raise it when a step makes something else from the same inputs
TIME_LIMIT = 3600
# The interpreter itself: the link in .venv, which may run this, is gone while .venv is made anew.
BASE_PYTHON = os.path.realpath(sys.executable)

_RETRY = re.compile(r"WARNING: Retrying \(Retry\(total=[1-9]")  # pip says the same again for the last one
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s'\"]+@")


class SetupFailed(Exception):
    """A step could not be done; its text says which, why, and what to do."""


@dataclass(frozen=True)
class Workplace:
    """A checkout that is being set up, and the lock that keeps other runs out of it."""

    root: Path
    lock: int

    @property
    def tools(self) -> Path:
        """The folder of everything that is not Python."""
        return self.root / ".tools"

    @property
    def python(self) -> Path:
        """The virtual environment's Python."""
        return self.root / ".venv" / "bin" / "python"

    @contextlib.contextmanager
    def building(self) -> Iterator[Path]:
        """A new folder beside the finished ones, gone afterwards: what is good in it is renamed out of it."""
        folder = Path(tempfile.mkdtemp(prefix="building-", dir=self.tools))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        task: str,
        advice: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> str:
        """Run a program to its end and return its output; raise SetupFailed with `task` and `advice`."""
        try:
            # The child shares the lock, so that what outlives a killed setup still keeps the next one out.
            child = subprocess.run(
                [str(part) for part in argv],
                cwd=cwd or self.root,
                env=environment(env),
                pass_fds=[self.lock],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                timeout=TIME_LIMIT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SetupFailed(f"could not {task}: {error}") from error
        if child.returncode:
            raise SetupFailed(f"could not {task}:\n\n{excerpt(child.stdout)}\n\n{advice}")
        return child.stdout


@dataclass(frozen=True)
class Step:
    """One thing to set up: done when its stamp holds `key` and its results are there."""

    does: str
    first_time: str
    key: str
    stamp: Path
    results: tuple[Path, ...]
    make: Callable[[Workplace], None]
    needs_go: bool = False

    def done(self) -> bool:
        """Whether nothing has to be done, without running anything."""
        try:
            stamped = self.stamp.read_text(encoding="utf-8")
        except (OSError, ValueError):
            return False
        return stamped == self.key and all(result.exists() for result in self.results)

    def perform(self, work: Workplace) -> None:
        """Do it, say how long it took, and stamp it last."""
        print(f"{self.does} ({self.first_time} the first time) … ", end="", flush=True)
        start = time.monotonic()
        self.stamp.unlink(missing_ok=True)
        try:
            self.make(work)
        except BaseException:
            print("failed", flush=True)
            raise
        write_atomically(self.stamp, self.key)
        print(f"{time.monotonic() - start:.1f} s", flush=True)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a child: pip's and Go's own settings as they are, and a home folder in any case."""
    return {"HOME": str(Path.home()), **os.environ, **(extra or {})}


def excerpt(output: str, lines: int = 12) -> str:
    """The last lines of a program's output, where it says what failed, without credentials."""
    kept = [line for line in output.splitlines() if line.strip() and not _RETRY.match(line)]
    return _CREDENTIALS.sub("***@", "\n".join(f"    {line}" for line in kept[-lines:]))


def enumeration(names: Sequence[str]) -> str:
    """Names as a sentence has them: `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader finds it whole or not at all."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def fingerprint(*inputs: str | Path) -> str:
    """A hash of texts and of files' contents, of the recipe, and of the machine's kind."""
    system = os.uname()
    digest = hashlib.sha256()
    for item in (RECIPE, system.sysname, system.machine, *inputs):
        content = item.read_bytes() if isinstance(item, Path) else item.encode()
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()


def replace_folder(new: Path, target: Path) -> None:
    """Put a finished folder in the place of an older one."""
    if target.exists():
        target.rename(new.with_name("old"))
    new.rename(target)


def copy_files(source: Path, target: Path, pattern: str = "*") -> None:
    """Copy the files of a folder of Go's cache that fit a pattern."""
    for path in sorted(source.rglob(pattern)):
        if path.is_file():
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            # Without its mode: a folder of the cache cannot be written, and neither could such a copy.
            shutil.copyfile(path, copy)
