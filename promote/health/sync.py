"""The sync engine: whether it says that everything is applied, what stops it, and settings that make it unsafe."""

from __future__ import annotations

from collections.abc import Iterator

from promote.engines.protocol import Delivery, Part
from promote.health.protocol import Check, Row, State, Subject

_HEALTHY = "Healthy"


def look(subject: Subject) -> Iterator[Row]:
    """One row per object of the engine, and one per advice."""
    for note in subject.notes:
        yield Row("engine", "unknown", note)
    if subject.engine is not None:
        yield from _rows(subject.engine)


def _rows(engine: Delivery) -> Iterator[Row]:
    for part in engine.parts:
        said = "; ".join(
            (f"{part.sync}, {part.health} at {part.revision[:12] or 'no commit'}", *part.failures, *part.paused)
        )
        yield Row(str(part), _state(part), said)
    for advice in engine.advice:
        yield Row(engine.engine, "warning", advice)
    for text in engine.unread:
        yield Row(engine.engine, "unknown", text)


def _state(part: Part) -> State:
    if part.state == "working":
        return "warning"
    if not part.is_synced or part.health not in (_HEALTHY, "Progressing", "Suspended"):
        return "failed"
    return "warning" if part.paused or part.health != _HEALTHY else "ok"


CHECK = Check("Sync", look)
