"""Windows by the clocks on the wall, against a second way to tell whether a moment lies in one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from promote.gates import freeze
from promote.gates.freeze import Window, window

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# An hour, half an hour and a whole day are what clocks jump by; one changes at midnight, one does not change.
ZONES = ("Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "UTC")
JUMP = {"Australia/Lord_Howe": timedelta(minutes=30), "Pacific/Apia": timedelta(days=1), "UTC": timedelta()}
WEEK = 7 * 24 * 60
ZURICH = ZoneInfo("Europe/Zurich")

times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
points = st.builds("{} {}".format, st.sampled_from(DAYS), times)
moments = st.datetimes(datetime(2008, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


def weekly(start: str, end: str, zone: str = "Europe/Zurich") -> Window:
    return window(start, end, zone, "weekend")


def minute(day: int, hour: int, minutes: int) -> int:
    """Of the week."""
    return (day * 24 + hour) * 60 + minutes


def as_yaml(point: str) -> int:
    day, clock = point.split(" ")
    return minute(DAYS.index(day), *(int(part) for part in clock.split(":")))


@given(moments, points, points, st.sampled_from(ZONES))
# The nights in which Zurich's clocks jump, within and at the edges of a window.
@example(datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "Sunday 02:30", "Sunday 05:00", "Europe/Zurich")
@example(datetime(2026, 10, 25, 1, 10, tzinfo=UTC), "Saturday 20:00", "Sunday 02:30", "Europe/Zurich")
@example(datetime(2026, 10, 25, 0, 40, tzinfo=UTC), "Saturday 20:00", "Sunday 02:30", "Europe/Zurich")
@example(datetime(2011, 12, 29, 12, 0, tzinfo=UTC), "Friday 10:00", "Friday 12:00", "Pacific/Apia")
def test_a_weekly_window_is_what_the_clocks_on_the_wall_say(now: datetime, start: str, end: str, zone: str) -> None:
    assume(start != end)
    found = weekly(start, end, zone).at(now)
    wall = now.astimezone(ZoneInfo(zone))
    since = (minute(wall.weekday(), wall.hour, wall.minute) - as_yaml(start)) % WEEK
    nominal = (as_yaml(end) - as_yaml(start)) % WEEK
    if since < nominal:
        assert found, "the clocks show a time within the window"
    if found:
        assert found.start <= now < found.end
        # It is only ever longer, where an edge of it is a time that clocks skip or show twice.
        jump = JUMP.get(zone, timedelta(hours=1))
        extra = found.end.astimezone(UTC) - found.start.astimezone(UTC) - timedelta(minutes=nominal)
        assert abs(extra) <= 2 * jump
        assert since < nominal or min(found.end - now, now - found.start) <= 2 * jump


@given(moments, points, points, st.integers(-12, 14))
def test_without_changes_of_the_clock_it_lasts_as_long_as_it_says(
    now: datetime, start: str, end: str, offset: int
) -> None:
    assume(start != end)
    declared = weekly(start, end, "UTC")
    shifted = Window(declared.start, declared.end, timezone(timedelta(hours=offset)), "weekend")
    found = shifted.at(now)
    assert bool(found) == bool(declared.at(now + timedelta(hours=offset)))
    if found:
        assert found.end - found.start == timedelta(minutes=(as_yaml(end) - as_yaml(start)) % WEEK)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-27 15:59", None),
        ("2026-11-27 16:00", "Mon 2026-11-30 06:00 Europe/Zurich"),
        ("2026-11-29 23:00", "Mon 2026-11-30 06:00 Europe/Zurich"),
        ("2026-11-30 05:59", "Mon 2026-11-30 06:00 Europe/Zurich"),
        ("2026-11-30 06:00", None),
        # The weekends in which the clocks change last an hour less and an hour more.
        ("2026-03-29 12:00", "Mon 2026-03-30 06:00 Europe/Zurich"),
        ("2026-10-25 12:00", "Mon 2026-10-26 06:00 Europe/Zurich"),
    ],
)
def test_the_weekend(now: str, until: str | None) -> None:
    found = weekly("Friday 16:00", "Monday 06:00").at(datetime.fromisoformat(now).replace(tzinfo=ZURICH))
    assert (found and found.until) == until


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 61), ("2026-10-25", 63), ("2026-11-29", 62)])
def test_a_weekend_lasts_as_long_as_its_clocks_make_it(day: str, hours: int) -> None:
    found = weekly("Friday 16:00", "Monday 06:00").at(datetime.fromisoformat(f"{day} 12:00+00:00"))
    assert found
    assert found.end.astimezone(UTC) - found.start.astimezone(UTC) == timedelta(hours=hours)


def test_all_week_but_for_an_hour() -> None:
    almost = weekly("Tuesday 10:00", "Tuesday 09:00", "UTC")
    hours = (datetime(2026, 11, 23, tzinfo=UTC) + timedelta(hours=hour) for hour in range(24 * 7))
    open_at = [number for number, now in enumerate(hours) if not almost.at(now)]
    assert open_at == [24 + 9]


def test_from_date_to_date() -> None:
    closing = window("2026-12-20 18:00", "2027-01-04 06:00", "Europe/Zurich", "closing")
    start, end = datetime(2026, 12, 20, 17, tzinfo=UTC), datetime(2027, 1, 4, 5, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert [bool(closing.at(now)) for now in (start - second, start, end - second, end)] == [False, True, True, False]


def test_of_several_the_longest_counts() -> None:
    closing = window("2026-12-20 18:00", "2027-01-04 06:00", "Europe/Zurich", "closing")
    windows = (weekly("Friday 16:00", "Monday 06:00"), closing)
    for now, reason in (("2026-12-26", "closing"), ("2026-12-19", "weekend")):
        found = freeze.current(windows, datetime.fromisoformat(f"{now} 12:00+00:00"))
        assert found
        assert found.reason == reason
    assert freeze.current(windows, datetime(2026, 12, 15, tzinfo=UTC)) is None
