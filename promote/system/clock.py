"""The current time and the passing of time: in one place, so that a test can set them."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The current date in UTC: the same for all users in all time zones."""
    return now().date()


def pause(seconds: float) -> None:
    """Let time pass."""
    time.sleep(seconds)


def elapsed() -> float:
    """Seconds since some moment; they only grow, also when the clock of the machine is changed."""
    return time.monotonic()
