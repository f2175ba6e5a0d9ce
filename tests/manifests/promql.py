"""Runs promtool and amtool, and finds the metrics that an expression asks for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.manifests.render import REPOSITORY

_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
_SELECTOR = re.compile(r"\{[^{}]*\}")
_LABELS = re.compile(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\([^()]*\)")
_DURATION = re.compile(r"\[[^\]]*\]")
_NAME = re.compile(r"[a-zA-Z_:][\w:]*(?!\s*\()\b(?!\s*\()")
_WORDS = {"and", "or", "unless", "bool", "offset", "by", "on"}


def metrics(expression: str) -> set[str]:
    """The metrics of an expression, recorded ones included."""
    for part in (_STRING, _SELECTOR, _LABELS, _DURATION):
        expression = part.sub(" ", expression)
    return set(_NAME.findall(expression)) - _WORDS


def run(program: str, *arguments: str | Path) -> tuple[int, str]:
    """Run a program of .tools/bin (or of PATH, where that has none) to its end; its code and all it said."""
    path = REPOSITORY / ".tools" / "bin" / program
    found = str(path) if path.exists() else shutil.which(program)
    assert found, f"{program} is in neither .tools/bin nor PATH: run `make setup-test`"
    done = subprocess.run(
        [found, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "ENVIRONMENT": "test", "GOGC": "400"},
    )
    return done.returncode, done.stdout + done.stderr
