"""What commits say of how they were made: evidence, and how promote recognises its own; never state."""

from __future__ import annotations

from collections.abc import Sequence

from promote.model import Plan
from promote.system import printable

SOURCE = "Source-Commit"  # on which commit of the shared branch a change was decided
TARGET = "Promoted-To"

Trailers = Sequence[tuple[str, str]]


def overrides(plan: Plan) -> list[tuple[str, str]]:
    """The gates that a change passes although they are closed, and why."""
    passed = {result.name: result.despite for result in plan.gates if result.despite} | dict(plan.overrides)
    return [override(name, reason) for name, reason in passed.items()]


def override(name: str, reason: str) -> tuple[str, str]:
    """That a change passes what is called `name`, and why."""
    return "Override-Reason", f"{name}: {reason}"


def holds(message: str, trailers: Trailers) -> bool:
    """Whether a commit message has all of the trailers."""
    return all(f"\n{key}: {printable.one_line(value)}\n" in message for key, value in trailers)
