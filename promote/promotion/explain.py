"""What blocks a promotion, how to get past it, and when it opens by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from promote.errors import CheckDenied
from promote.gates import evaluation, registry
from promote.kustomize import differences
from promote.model import GateResult
from promote.promotion.proposal import Proposal


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason why a promotion would be refused; `until` is when it goes away by itself, if it does."""

    name: str
    reason: str
    way: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every obstacle to a proposal, and when it may go by itself; `exit_code` is that of the promotion."""

    obstacles: tuple[Obstacle, ...]
    earliest: datetime | None
    exit_code: int


def explain(proposal: Proposal, allow_other_changes: bool) -> Explanation:
    """What blocks a `proposal` that was made as if other changes were allowed."""
    lasting = [] if proposal.verdict is None else [
        Obstacle(one.rule, one.message, one.fix) for one in proposal.verdict.denials
    ]  # fmt: skip
    if not allow_other_changes:
        way = "look at it, and pass --allow-other-changes"
        lasting += [
            Obstacle("proof", f"{one.resource} {one.path} also changes", way)
            for one in differences.others(proposal.differences)
        ]
    ways = {name: gate.way for name, gate in registry.load().items()}
    closed = [_of_gate(result, ways) for result in proposal.plan.blocked]
    earliest = None if lasting else evaluation.earliest(proposal.context, proposal.environment.gates)
    code = proposal.exit_code or (CheckDenied.exit_code if lasting else 0)
    return Explanation((*closed, *lasting), earliest, code)


def _of_gate(result: GateResult, ways: Mapping[str, str]) -> Obstacle:
    return Obstacle(result.name, f"{result.subject}: {result.reason}", ways[result.name], result.until)
