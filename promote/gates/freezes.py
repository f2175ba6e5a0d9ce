"""Windows of time in which an environment is left as it is: once, from date to date, or every week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from promote.model import Freeze

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Weekly:
    """A time on a day of every week; Monday is 0."""

    day: int
    time: time


@dataclass(frozen=True, slots=True)
class Window:
    """A window as promote.yaml declares it, by the clocks on the wall of its time zone."""

    start: datetime | Weekly
    end: datetime | Weekly
    zone: tzinfo
    reason: str

    def at(self, now: datetime) -> Freeze | None:
        """The window, if `now` lies in it.

        A time that clocks skip or show twice is taken so that the window is the longer one.
        """
        for start, end in self._spans(now):
            earliest, latest = min(_instants(start, self.zone)), max(_instants(end, self.zone))
            if earliest <= now < latest:
                return Freeze(self.reason, earliest.astimezone(self.zone), latest.astimezone(self.zone))
        return None

    def _spans(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The times on the wall between which `now` may lie, the latest first."""
        start, end = self.start, self.end
        if isinstance(start, datetime) and isinstance(end, datetime):
            yield start, end
        elif isinstance(start, Weekly) and isinstance(end, Weekly):
            today = now.astimezone(UTC).date()
            # From the latest day that it may be anywhere to a week before the earliest.
            for day in (today - timedelta(days=back) for back in range(-1, 10)):
                if day.weekday() == start.day:
                    begins = datetime.combine(day, start.time)
                    ends = datetime.combine(day + timedelta(days=(end.day - start.day) % 7), end.time)
                    yield begins, ends if ends > begins else ends + _WEEK


def window(start: str, end: str, zone: str, reason: str) -> Window:
    """A window from what promote.yaml says; raises ValueError with what is wrong where the schema cannot tell."""
    begins, ends = _moment(start), _moment(end)
    if type(begins) is not type(ends):
        raise ValueError("give start and end alike: two dates, or two days of the week")
    if begins == ends or (isinstance(begins, datetime) and isinstance(ends, datetime) and ends < begins):
        raise ValueError(f"it ends at {end}, which is not after its start, {start}")
    return Window(begins, ends, _zone(zone), reason)


def current(windows: tuple[Window, ...], now: datetime) -> Freeze | None:
    """Of the windows in which `now` lies, the one that lasts longest."""
    found = [freeze for one in windows if (freeze := one.at(now))]
    return max(found, key=lambda freeze: freeze.end.astimezone(UTC), default=None)


def _moment(text: str) -> datetime | Weekly:
    day, _, clock = text.partition(" ")
    if day in _DAYS:
        return Weekly(_DAYS.index(day), time.fromisoformat(clock))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no day {day}") from None


def _zone(name: str) -> tzinfo:
    # Imported here: few need it.
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError(
            f"this machine knows no time zone '{name}': write one such as Europe/Zurich, or install tzdata"
        ) from None


def _instants(wall: datetime, zone: tzinfo) -> list[datetime]:
    """The one or two moments at which clocks in `zone` show `wall`, or would if they did not skip it."""
    # In UTC, for within one zone Python compares what the clocks show.
    return [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
