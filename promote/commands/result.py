"""What a command hands to the command line: the same facts as JSON and as text, and an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promote.output.report import CheckReport


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a command that came to its end; `report` is what further formats are made of.

    `text` may have no end: each line is printed as soon as it is there.
    """

    json: Any
    text: Iterable[str]
    exit_code: int = 0
    report: CheckReport | None = None
