"""The commands of the Makefile, as make itself says them, and what pytest collects for those that run it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"

# What make and pytest, which may run this, would say to those that it starts.
_INHERITED = re.compile(r"MAKE|MFLAGS|PYTEST|COV_CORE|COVERAGE")
_MAKE = re.compile(r"^\s*(?:run: )?make((?: [a-z0-9-]+)+)$", re.MULTILINE)
_COLLECTED = re.compile(r"^(tests/\S+\.py::.*)$", re.MULTILINE)


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not _INHERITED.match(name)}


def asked_for(path: Path) -> list[str]:
    """The targets that a script or a workflow runs."""
    return [target for targets in _MAKE.findall(path.read_text()) for target in targets.split()]


def steps(path: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(path.read_text())["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def targets() -> list[str]:
    """All targets of the Makefile."""
    return re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)


@cache
def commands(*names: str) -> tuple[str, ...]:
    """What make runs for these targets, one command a line."""
    said = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", *names],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return tuple(said.stdout.replace("\\\n", "").splitlines())


def modules(lines: Iterable[str]) -> list[tuple[str, ...]]:
    """The module of each command that runs one by Python's `-m`, and its arguments."""
    found = [line.partition(" -m ")[2] for line in lines if re.match(r"\S*python\S* -m ", line)]
    return [tuple(shlex.split(each)) for each in found]


def pytests(lines: Iterable[str]) -> list[tuple[str, ...]]:
    """The arguments of each run of pytest."""
    return [arguments for module, *arguments in modules(lines) if module == "pytest"]  # type: ignore[misc]


def programs(lines: Iterable[str]) -> list[str]:
    """Each module of tests that is run as a program."""
    return [module for module, *_ in modules(lines) if module.startswith("tests.")]


# One process for all: what the first has imported, the others need not import again.
_COLLECT = """
import json, sys, pytest
for arguments in json.loads(sys.argv[1]):
    options = ["--collect-only", "-q", "--no-cov", "-p", "no:cacheprovider"]
    if pytest.main([*arguments, *options]):
        sys.exit(1)
    print("=" * 79, flush=True)
"""


def collected(*runs: tuple[str, ...]) -> list[list[str]]:
    """The tests of each run of pytest, which is given by its arguments."""
    said = subprocess.run(
        [sys.executable, "-c", _COLLECT, json.dumps(runs)],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout + said.stderr
    parts = said.stdout.split("=" * 79)[:-1]
    assert len(parts) == len(runs)
    # Pytest escapes the ids that a mark has remembered once more each time.
    return [[re.sub(r"\\+", r"\\", test) for test in _COLLECTED.findall(part)] for part in parts]
