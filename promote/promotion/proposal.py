"""A change that was planned, proved and judged, and whether it may be published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promote.checks.findings import Verdict
from promote.errors import Blocked, CheckDenied
from promote.gates import evaluation
from promote.gates.protocol import Context
from promote.kustomize.differences import Difference
from promote.model import GateResult, Plan
from promote.repository.config import Environment
from promote.repository.workspace import Tip


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change of one environment, decided on the commit `tip`.

    `files` are the new contents by path; `context` is what the gates looked at.
    """

    tip: Tip
    environment: Environment
    plan: Plan
    context: Context
    files: Mapping[str, bytes]
    differences: tuple[Difference, ...] = ()
    verdict: Verdict | None = None

    @property
    def exit_code(self) -> int:
        """What publishing it would end with: 4 for a closed gate, 3 for a denied manifest, else 0."""
        if self.plan.blocked:
            return Blocked.exit_code
        denied = self.verdict is not None and self.verdict.denied
        return CheckDenied.exit_code if denied else 0

    def insist(self) -> None:
        """Raise Blocked for a closed gate, CheckDenied for a denied manifest."""
        if closed := self.plan.blocked:
            raise blocked(closed)
        if self.verdict is not None and self.verdict.denied:
            first, *more = self.verdict.denials
            raise CheckDenied(f"{first.rule}: {first.message}" + (f" (and {len(more)} more)" if more else ""))


def blocked(closed: Sequence[GateResult]) -> Blocked:
    """What is raised for closed gates: the reason of each, and the ways past them."""
    reasons = "; ".join(f"{result.subject}: {result.reason}" for result in closed)
    return Blocked(f"{reasons} ({evaluation.ways(result.name for result in closed)})")
