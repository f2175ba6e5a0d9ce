"""Everything that a format of `promote check` may show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promote.checks.coverage import Matrix
from promote.checks.findings import Verdict
from promote.checks.rules import Rule


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A verdict, to what each rule applied, what the rules say of themselves, and to which rules it is restricted."""

    verdict: Verdict
    seen: Matrix
    rules: tuple[Rule, ...]
    only: Sequence[str] = ()
