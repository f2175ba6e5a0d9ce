"""Whether a promotion comes from an environment that promote.yaml states to come before its target (`after`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from promote.gates.protocol import Context, Judgement, WithoutSettings
from promote.model import GateResult


@dataclass(frozen=True, slots=True)
class Gate(WithoutSettings):
    """One result for the promotion as a whole; what has no source, such as a bump, leaves no order."""

    name: ClassVar[str] = "order"
    way: ClassVar[str] = "promote from one of these, or give the reason with --despite-order REASON"
    stops_rollbacks: ClassVar[bool] = False

    def judge(self, context: Context) -> Judgement:
        """Closed for a promotion from another environment; where promote.yaml states no order, there is no result."""
        source, target, after = context.plan.source, context.plan.target, context.after
        if not source or after is None or source in after:
            return Judgement()
        reason = (
            f"it comes after {' and '.join(after) or 'no environment'}, not after {source} (`after` in promote.yaml)"
        )
        return Judgement((GateResult(self.name, target, False, reason),))
