"""`python -m promote`, and the installed command `promote`."""

from __future__ import annotations

import gc
import os
import sys

if __name__ == "__main__":
    # `python -m` looks for modules in the current folder first. That is the repository to work on, whose `yaml.py`
    # must not be imported; this package itself is found by its own path. The installed command never looks there.
    try:
        here = os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        here = ""  # it was deleted, which the command reports
    sys.path[:] = [entry for entry in sys.path if entry and os.path.abspath(entry) != here]  # noqa: PTH100

from promote.cli.main import main

# A command keeps what it reads until its end, so Python need not look for garbage after every 700 objects.
_GARBAGE = 50_000


def run() -> None:
    """Run the command line and leave with its exit code."""
    gc.set_threshold(_GARBAGE)
    raise SystemExit(main())


if __name__ == "__main__":
    run()
