"""`python -m promote`, and the installed command `promote`."""

from __future__ import annotations

from promote.cli.main import main


def run() -> None:
    """Run the command line and leave with its exit code."""
    raise SystemExit(main())


if __name__ == "__main__":
    run()
