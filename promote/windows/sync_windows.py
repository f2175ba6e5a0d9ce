"""Freeze windows as sync windows of Argo CD: a cron schedule, a duration and a time zone.

A sync window has no year and adds no hour where clocks change. What it therefore cannot express is refused, or left
out until it can be expressed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from promote.errors import ConfigError
from promote.gates.freeze import Weekly, Window, instants

_WEEK = timedelta(days=7)
# A schedule without a year comes again after one: from this long before, the window must be gone from the file.
_NOTICE = timedelta(days=30)
_LONGEST = timedelta(days=365) - _NOTICE
# A weekly window must be right in the changes of clocks until then.
_AHEAD = timedelta(days=2 * 365)
_MINUTE, _HOUR = 60, 3600


class SyncWindow(NamedTuple):
    """One window during which Argo CD does not sync by itself: when it starts, for how long, and why."""

    schedule: str
    duration: str
    zone: str
    reason: str


@dataclass(frozen=True, slots=True)
class Translation:
    """The windows as Argo CD takes them, those that it cannot have yet, and when that must be done again."""

    windows: tuple[SyncWindow, ...] = ()
    later: tuple[str, ...] = ()
    renew: datetime | None = None


def translate(windows: Iterable[Window], environment: str, now: datetime) -> Translation:
    """The windows of an environment as they must be at `now`; the same until `renew`.

    Raises ConfigError, with the window, for one that no schedule can express.
    """
    found: list[SyncWindow] = []
    later: list[str] = []
    renewals: list[datetime] = []
    for one in windows:
        who = f"the freeze of {environment}, '{one.reason}'"
        if isinstance(one.start, Weekly) and isinstance(one.end, Weekly):
            found.append(_weekly(one, one.start, one.end, who, now))
        if not isinstance(one.start, datetime) or not isinstance(one.end, datetime):
            continue
        start, end = min(instants(one.start, one.zone)), max(instants(one.end, one.zone))
        if end - start > _LONGEST:
            raise ConfigError(f"{who}: it lasts {(end - start).days} days, and a schedule comes every year: split it")
        possible, over = _year_away(start, -1) + (end - start), _year_away(start, 1) - _NOTICE
        if possible <= now < over:
            # In UTC, the clocks do not change during the window.
            schedule = f"{start.minute} {start.hour} {start.day} {start.month} *"
            found.append(SyncWindow(schedule, _duration(end - start), "UTC", one.reason))
            renewals.append(over)
        elif now < possible:
            later.append(f"{who}: a schedule has no year, so it is left out until {possible:%F}")
            renewals.append(possible)
    return Translation(tuple(found), tuple(later), min(renewals, default=None))


def _weekly(window: Window, start: Weekly, end: Weekly, who: str, now: datetime) -> SyncWindow:
    monday = datetime.combine(now.date(), time()) - timedelta(days=now.weekday())
    begins, ends = (monday + timedelta(days=one.day, hours=one.time.hour, minutes=one.time.minute)
                    for one in (start, end))  # fmt: skip
    ends += _WEEK if ends < begins else timedelta()
    for weeks in range(-1, _AHEAD // _WEEK):
        for wall in (begins + weeks * _WEEK, ends + weeks * _WEEK):
            if len(set(instants(wall, window.zone))) > 1:
                raise ConfigError(
                    f"{who}: clocks in {window.zone} skip or repeat {wall:%H:%M} on "
                    f"{wall:%F}, which a schedule cannot express: choose another time"
                )
    schedule = f"{start.time.minute} {start.time.hour} * * {(start.day + 1) % 7}"
    zone = window.zone.key if isinstance(window.zone, ZoneInfo) else str(UTC)
    return SyncWindow(schedule, _duration(ends - begins), zone, window.reason)


def _year_away(moment: datetime, years: int) -> datetime:
    """The same day in another year; 28 February for the 29th."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)


def _duration(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    minutes = seconds % _HOUR // _MINUTE
    return f"{seconds // _HOUR}h" + (f"{minutes}m" if minutes else "")
