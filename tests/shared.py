"""What several processes of one run of pytest need is made by the first, and read by the others."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
# The first process of a run makes the folder, deletes it at its end, and gives its name to those that it starts.
_VARIABLE = "TESTS_SHARED"


@contextmanager
def folder() -> Iterator[None]:
    """A folder for all processes of this run; nothing where another process has made one."""
    if _VARIABLE in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="promote-tests-") as made:
        os.environ[_VARIABLE] = made
        try:
            yield
        finally:
            del os.environ[_VARIABLE]


def once(key: str, make: Callable[[], T]) -> T:
    """What `make` returned in the first process of this run that asked for `key`."""
    if _VARIABLE not in os.environ:
        return make()
    file = Path(os.environ[_VARIABLE]) / hashlib.sha256(key.encode()).hexdigest()
    with alone(file):
        if not file.exists():
            file.write_bytes(pickle.dumps(make()))
        made: T = pickle.loads(file.read_bytes())  # noqa: S301 written by this run
    return made


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until no other process is in such a block for `path`."""
    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
