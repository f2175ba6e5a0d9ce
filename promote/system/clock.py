"""The current time: read in one place, so that a test can set it."""

from __future__ import annotations

from datetime import UTC, date, datetime


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The current date in UTC: the same for all users in all time zones."""
    return now().date()
