"""The Pythons of this machine that setup supports, by the pip that each brings along."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tools.setup.__main__ import OLDEST_PYTHON
from tools.setup.work import BASE_PYTHON

NEWEST_MINOR = 20  # beyond any that there is
ASK = (
    "import ensurepip, os, sys; "
    f"print(sys.version_info >= {OLDEST_PYTHON}, ensurepip.version(), os.path.realpath(sys.executable))"
)


@cache
def by_bundled_pip() -> dict[tuple[int, ...], str]:
    """A Python for each version of pip, the oldest pip first; the one that runs the tests is always there."""
    found = {version: python for candidate in set(_candidates()) for version, python in _asked(candidate)}
    return dict(sorted((found | dict(_asked(BASE_PYTHON))).items()))


def _candidates() -> Iterator[str]:
    """What is on PATH, and what is installed next to the Python that runs this, as version managers have it."""
    for minor in range(OLDEST_PYTHON[1], NEWEST_MINOR):
        if on_path := shutil.which(f"python3.{minor}"):
            yield on_path
    for levels, parent in enumerate(Path(BASE_PYTHON).parents[2:4], 1):
        yield from map(str, parent.glob(f"{'*/' * levels}bin/python3"))


def _asked(python: str) -> Iterator[tuple[tuple[int, ...], str]]:
    """The pip that a Python would put into a virtual environment; nothing where it cannot, or is too old."""
    done = subprocess.run([python, "-I", "-c", ASK], capture_output=True, text=True, timeout=30, check=False)
    supported, version, path = (done.stdout.split() + [""] * 3)[:3]
    if done.returncode == 0 and supported == "True":
        yield tuple(int(part) for part in version.split(".") if part.isdigit()), path
