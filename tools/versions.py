"""Prints the versions of what works here: of the machine's own programs, and of what the locks name.

`make verify` begins with it, so that two logs can be compared. It needs nothing but Python.
"""

from __future__ import annotations

import ensurepip
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
PROGRAMS = {"git": ["git", "--version"], "make": ["make", "--version"], "go": ["go", "version"]}


def machine() -> Iterator[str]:
    """What is installed on the machine; Go is the one thing that setup can do without."""
    yield f"{platform.system()} {platform.machine()}"
    for name, command in PROGRAMS.items():
        if shutil.which(name):
            said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
            yield said.splitlines()[0]
        else:
            yield f"no {name} on PATH"
    yield f"Python {platform.python_version()} ({sys.executable}), which brings pip {ensurepip.version()}"


def packages() -> Iterator[str]:
    """Each lock of Python packages, and what it pins."""
    for lock in sorted(TOOLS.rglob("requirements*.txt")):
        pins = re.findall(r"^(\S+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
        yield f"tools/{lock.relative_to(TOOLS)}: " + ", ".join(" ".join(pin) for pin in pins)


def modules() -> Iterator[str]:
    """Each Go module of ours, and what it builds or reads, not what that requires in turn."""
    for go_mod in sorted(TOOLS.rglob("go.mod")):
        text = go_mod.read_text(encoding="utf-8")
        built = re.findall(r"^(?:tool )?\s*([\w.-]+\.\w+/\S+)$", text, re.MULTILINE)
        required = re.findall(r"^(?:require )?\s*(\S+) (v\S+)( // indirect)?$", text, re.MULTILINE)
        used = [
            f"{module} {version}"
            for module, version, indirect in required
            if not indirect or any(f"{package}/".startswith(f"{module}/") for package in built)
        ]
        yield f"tools/{go_mod.parent.relative_to(TOOLS)}: " + ", ".join(used)


if __name__ == "__main__":
    print(*machine(), *packages(), *modules(), sep="\n")
