"""The time now: asked in one place, so that a test can say what it is."""

from __future__ import annotations

from datetime import UTC, date, datetime


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present day in UTC: the same for everybody, wherever they are."""
    return now().date()
