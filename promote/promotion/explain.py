"""What blocks a promotion, how to get past it, and when it opens by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from promote.changes.proposal import Proposal
from promote.errors import CheckDenied
from promote.gates import evaluation, registry
from promote.proof.effect import place_of

_ROUNDS = 100  # in which environments may take turns at being closed


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
    lasting = [
        Obstacle(one.rule, one.message, one.fix)
        for each in proposal.every
        if each.verdict is not None
        for one in each.verdict.denials
    ]
    if not allow_other_changes:
        way = "look at it, and pass --allow-other-changes"
        lasting += [
            Obstacle("proof", f"{place_of(one)} also changes", way) for each in proposal.every for one in each.others
        ]
    ways = {name: gate.way for name, gate in registry.load().items()}
    closed = [
        Obstacle(one.name, f"{one.subject}: {one.reason}", ways[one.name], one.until) for one in proposal.blocked
    ]
    code = proposal.exit_code or (CheckDenied.exit_code if lasting else 0)
    return Explanation((*closed, *lasting), None if lasting else _earliest(proposal), code)


def _earliest(proposal: Proposal) -> datetime | None:
    """When all gates of all environments are open for the first time; None where time alone opens them never."""
    now = proposal.context.now
    for _ in range(_ROUNDS):
        asked = [(replace(one.context, now=now), one.environment.gates) for one in proposal.every]
        opens = [moment for context, gates in asked if (moment := evaluation.earliest(context, gates))]
        if len(opens) < len(asked):
            return None
        if max(opens) == now:
            return now
        # By the time that the gates of one open, those of another may have closed.
        now = max(opens)
    return None
