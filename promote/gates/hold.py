"""Versions that were rolled back, or held by hand, do not come again until somebody releases them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from promote.gates.protocol import Context, Judgement, WithoutSettings
from promote.model import GateResult


@dataclass(frozen=True, slots=True)
class Gate(WithoutSettings):
    """One result per change that a hold is against; holds are data in holds.yaml, not settings."""

    name: ClassVar[str] = "hold"
    way: ClassVar[str] = "leave it out with --exclude, or lift the hold with `promote release`"
    stops_rollbacks: ClassVar[bool] = True

    def judge(self, context: Context) -> Judgement:
        """Closed for each version that is held in the environment."""
        return Judgement(
            tuple(
                GateResult(
                    self.name,
                    change.service,
                    False,
                    f"{change.new.shortened} is held since {hold.since}: {hold.reason}",
                )
                for change in context.plan.changes
                for hold in context.holds
                if hold.refuses(context.plan.target, change.image, change.new)
            )
        )
