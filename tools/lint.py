"""Runs every linter, two at a time, and prints what those say that find something: `make lint`."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN, TOOLS = ROOT / ".venv" / "bin", ROOT / ".tools" / "bin"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
# The longest first.
LINTERS: tuple[list[str | Path], ...] = (
    [TOOLS / "regal", "lint", "--format", "compact", "policies"],
    [BIN / "mypy", "--no-error-summary"],
    [TOOLS / "opa", "check", "--strict", "policies"],
    [BIN / "deptry", "--no-ansi", "promote"],
    [TOOLS / "opa", "fmt", "--list", "--fail", "policies"],
    [BIN / "zizmor", "--offline", "--quiet", "--no-progress", ".github", "action.yml"],
    [TOOLS / "actionlint", "-shellcheck=", "-pyflakes=", *WORKFLOWS],
    [BIN / "ruff", "check", "--quiet"],
    [BIN / "ruff", "format", "--check", "--quiet"],
)


def run(linter: list[str | Path]) -> subprocess.CompletedProcess[str]:
    """How one linter ended, and all that it said."""
    return subprocess.run(
        linter, cwd=ROOT, env={"GOGC": "400", **os.environ}, check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def main() -> int:
    """1 if a linter has a finding or cannot run."""
    with ThreadPoolExecutor(2) as pool:
        failed = [done for done in pool.map(run, LINTERS) if done.returncode]
    for done in failed:
        print(f"{Path(done.args[0]).name} {done.args[1]}:\n{done.stdout}")
    print(f"lint: {len(failed)} of {len(LINTERS)} linters have findings" if failed else "lint: no findings")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
