"""A copy of what setup reads, steps that count as done in it, and runs of setup there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.setup.groups import steps
from tools.setup.work import BASE_PYTHON, Step

ROOT = Path(__file__).resolve().parents[2]


def copy_checkout(root: Path) -> Path:
    """Copy what setup reads into a new folder."""
    root.mkdir()
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / "promote/checks").mkdir(parents=True)
    shutil.copy(ROOT / "promote/checks/definitions.py", root / "promote/checks")  # schemas are made with it
    return root


def pretend_done(root: Path, which: Callable[[Step], bool]) -> None:
    """Stamp steps as if they had been performed."""
    for step in filter(which, steps(root, "test")):
        for path in (*step.results, step.stamp):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        step.stamp.write_text(step.key)


def start(root: Path, group: str, env: Mapping[str, str], python: str = BASE_PYTHON) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python, "-m", "tools.setup", group],
        cwd=root,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(root: Path, group: str, env: Mapping[str, str], python: str = BASE_PYTHON) -> tuple[int, str]:
    with start(root, group, env, python) as process:
        output, _ = process.communicate(timeout=180)
        return process.returncode, output
