"""What gates say, as JSON and as text."""

from __future__ import annotations

from typing import Any

from promote.model import GateResult
from promote.output import wording
from promote.system import durations

Json = dict[str, Any]


def gate_json(gate: GateResult) -> Json:
    """What a gate says, as JSON."""
    return {
        "name": gate.name,
        "subject": gate.subject,
        "passed": gate.passed,
        "reason": gate.reason,
        "until": gate.until and durations.moment(gate.until),
        "despite": gate.despite,
    }


def gate_line(gate: GateResult) -> str:
    """What a gate says, for people."""
    about = f"{gate.name} {gate.subject}" if gate.subject != gate.name else gate.name
    return f"{'passed' if gate.passed else 'CLOSED'} {about}: {wording.why(gate)}"
