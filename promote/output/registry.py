"""Every format of `promote check` other than text and JSON: a line here, and a file `promote/output/NAME.py`.

The file has a function `lines`, which takes a CheckReport and returns the lines to print.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promote.output.report import CheckReport

# The value of --output.
FORMATS = (
    "sarif",
    "junit",
    "github",
    "markdown",
)


def lines(name: str, report: CheckReport) -> list[str]:
    """The report in the format `name`."""
    found: list[str] = import_module(f"promote.output.{name}").lines(report)
    return found
