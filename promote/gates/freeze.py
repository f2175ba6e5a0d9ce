"""Windows of time in which an environment is left as it is: once, from date to date, or every week."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, ClassVar, Self

from promote.gates.protocol import Context, Facts, InvalidSettings, Judgement, Need
from promote.model import GateResult
from promote.system import durations

_MOMENT = {
    "type": "string",
    "pattern": "^(20[0-9]{2}-[01][0-9]-[0-3][0-9]|(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day) "
    "([01][0-9]|2[0-3]):[0-5][0-9]$",
}
_SCHEMA = {
    "description": "Windows in which its versions stay as they are.",
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["start", "end", "timezone", "reason"],
        "properties": {
            "start": {
                "description": "A date and time such as 2026-12-20 18:00 or, every week, a day and time such as "
                "Friday 16:00.",
                **_MOMENT,
            },
            "end": {
                "description": "When it is over, in the same form as the start: 2027-01-04 06:00, or Monday 06:00.",
                **_MOMENT,
            },
            "timezone": {
                "description": "Whose clocks start and end are read from, such as Europe/Zurich or UTC.",
                "type": "string",
                "minLength": 1,
            },
            "reason": {"description": "Why; it is shown to whoever is refused.", "type": "string", "minLength": 1},
        },
    },
    "default": [],
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Freeze:
    """One window as it falls on the calendar, from `start` until right before `end`, in the window's time zone."""

    reason: str
    start: datetime
    end: datetime

    @property
    def until(self) -> str:
        """When it ends, for people: day, date, time and zone."""
        return f"{self.end:%a %Y-%m-%d %H:%M} {self.end.tzinfo}"

    @property
    def facts(self) -> Facts:
        """The window as JSON."""
        return {
            "reason": self.reason,
            "start": durations.moment(self.start),
            "end": durations.moment(self.end),
        }


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
            earliest, latest = min(instants(start, self.zone)), max(instants(end, self.zone))
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
    """The window that lasts longest of those that `now` is in."""
    found = [freeze for one in windows if (freeze := one.at(now))]
    return max(found, key=lambda freeze: freeze.end.astimezone(UTC), default=None)


def windows_of(gates: Iterable[object]) -> tuple[Window, ...]:
    """The windows of those `gates` that are freezes."""
    return tuple(window for gate in gates if isinstance(gate, Gate) for window in gate.windows)


def current_of(gates: Iterable[object], now: datetime) -> Freeze | None:
    """What `current` finds in the windows of those `gates` that are freezes."""
    return current(windows_of(gates), now)


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


def instants(wall: datetime, zone: tzinfo) -> list[datetime]:
    """The one or two moments at which clocks in `zone` show `wall`, or would if they did not skip it."""
    # In UTC, because within one zone Python compares what the clocks show.
    return [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]


@dataclass(frozen=True, slots=True)
class Gate:
    """Closed while one of its windows is open."""

    windows: tuple[Window, ...] = ()

    name: ClassVar[str] = "freeze"
    way: ClassVar[str] = "wait for its end, or give the reason why not with --despite-freeze REASON"
    schema: ClassVar[Mapping[str, Any] | None] = _SCHEMA
    measures: ClassVar[bool] = True
    stops_rollbacks: ClassVar[bool] = False

    @classmethod
    def configured(cls, settings: Any, *, first: bool) -> Self:
        """The windows; raises InvalidSettings for one that the calendar does not have."""
        del first
        windows = []
        for number, each in enumerate(settings or ()):
            try:
                windows.append(window(each["start"], each["end"], each["timezone"], each["reason"]))
            except ValueError as error:
                raise InvalidSettings(str(error), number) from None
        return cls(tuple(windows))

    @property
    def needs(self) -> frozenset[Need]:
        """Nothing."""
        return frozenset()

    def judge(self, context: Context) -> Judgement:
        """One result for the environment, whatever moves; a rollback does not wait."""
        if not self.windows or not context.forward:
            return Judgement()
        target, now = context.plan.target, current(self.windows, context.now)
        if now is None:
            return Judgement((GateResult(self.name, target, True, "outside of the windows in promote.yaml"),))
        reason = f"{now.reason}, until {now.until}"
        return Judgement((GateResult(self.name, target, False, reason, now.end.astimezone(UTC)),), now.facts)
