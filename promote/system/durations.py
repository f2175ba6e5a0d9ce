"""Durations as in promote.yaml, in ISO 8601 for programs, and for people; points in time."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
# Longer ones cannot be added to a date.
LONGEST = timedelta(days=366 * 1000)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
_PART = re.compile(r"([1-9][0-9]{0,3})([wdhms])")


def parse(text: str) -> timedelta:
    """The duration of `4h`, `90m`, `30s` or `1d 12h`; the schema of promote.yaml allows nothing else.

    Raises ValueError for more than a thousand years.
    """
    seconds = sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    if seconds > LONGEST.total_seconds():
        raise ValueError("it lasts longer than 1000 years; write a shorter time")
    return timedelta(seconds=seconds)


def instant(text: str) -> datetime:
    """A point in time as others write it, in ISO 8601, with an offset from UTC.

    Git allows any year and any offset: what no calendar here has is the first or the last moment of one.
    """
    try:
        said = datetime.fromisoformat(text)
        said = said if said.tzinfo else said.replace(tzinfo=UTC)
        said.astimezone(UTC)
    except (ValueError, OverflowError):
        return _bent(text)
    return said


def _bent(text: str) -> datetime:
    """The nearest moment to one that Python has no value for."""
    if match := _DAY.match(text):
        with suppress(ValueError):
            # A day of the calendar, so only the clock or the offset is wrong.
            return datetime.fromisoformat(f"{match[0]}T00:00:00+00:00")
    digits = text.lstrip().split("-")[0]
    return _LATEST if digits.isdecimal() and len(digits) > 4 else _EARLIEST  # noqa: PLR2004 digits of a year


def iso(length: timedelta) -> str:
    """A duration in ISO 8601, in days and shorter units, such as P1DT2H3M4S; zero is PT0S."""
    days, rest = f"{length.days}D" if length.days else "", length.seconds
    parts = zip((rest // 3600, rest // 60 % 60, rest % 60), "HMS", strict=True)
    time = "".join(f"{number}{unit}" for number, unit in parts if number)
    return f"P{days}{'T' + time if time else ''}" if days or time else "PT0S"


def moment(when: datetime) -> str:
    """A point in time for programs: RFC 3339 in UTC with a Z, as in Kubernetes and in `jq`'s fromdate."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def spoken(length: timedelta) -> str:
    """The two largest units other than zero, such as `1 d 2 h`; less than a minute is `0 min`."""
    rest = length.seconds // 60
    parts = [(length.days, "d"), (rest // 60, "h"), (rest % 60, "min")]
    shown = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(shown[:2]) or "0 min"
