"""Freeze windows as sync windows: at every moment, Argo CD holds still exactly where the gate is closed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import assume, example, given
from hypothesis import strategies as st

from promote.errors import ConfigError
from promote.gates.freeze import window
from promote.windows.sync_windows import SyncWindow, translate
from tests.unit.test_freezes import ZONES, moments, points, times

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
dates = st.builds("2026-{:02}-{:02} {}".format, st.integers(1, 12), st.integers(1, 28), times)
# Most of what can go wrong is near a boundary.
deltas = st.integers(-3 * 60, 3 * 60) | st.integers(-400 * 24 * 60, 400 * 24 * 60)


def is_active(one: SyncWindow, moment: datetime) -> bool:
    """What Argo CD 3.6 decides, by the clock of the zone: `active` of pkg/apis/application/v1alpha1/types.go."""
    hours, minutes = re.fullmatch(r"(\d+)h(?:(\d+)m)?", one.duration).groups()  # type: ignore[union-attr]
    duration = timedelta(hours=int(hours), minutes=int(minutes or 0))
    offset = moment.astimezone(ZoneInfo(one.zone)).utcoffset()
    assert offset is not None
    wall = moment.replace(tzinfo=None) + offset
    return bool(next(CronSim(one.schedule, wall - duration)) < wall)


@given(points, points, st.sampled_from(ZONES), moments, st.integers(0, 700 * 24 * 60))
@example("Friday 16:00", "Monday 06:00", "Europe/Zurich", datetime(2026, 3, 27, tzinfo=UTC), 2 * 24 * 60)
@example("Sunday 01:59", "Sunday 03:01", "Europe/Zurich", datetime(2026, 10, 25, tzinfo=UTC), 30)
@example("Monday 00:00", "Sunday 23:59", "Australia/Lord_Howe", datetime(2026, 4, 4, tzinfo=UTC), 900)
def test_a_weekly_window_is_active_exactly_while_the_gate_is_closed(
    start: str, end: str, zone: str, now: datetime, after: int
) -> None:
    assume(start != end)
    weekly = window(start, end, zone, "weekend")
    moment = (now + timedelta(minutes=after)).replace(second=30)
    try:
        found = translate([weekly], "production", now)
    except ConfigError as error:
        # Only where clocks skip or repeat a boundary, which the message names.
        clock, day = re.findall(r"skip or repeat ([\d:]+) on ([\d-]+),", str(error))[0]
        wall = datetime.fromisoformat(f"{day} {clock}")
        there = {wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)}
        assert len(there) == 2
        assert clock in (start[-5:], end[-5:])
        return
    (one,) = found.windows
    assert found.renew is None
    assert is_active(one, moment) == (weekly.at(moment) is not None)


@given(
    dates, st.integers(1, 335 * 24 * 60 - 60), st.sampled_from(ZONES), st.integers(-800, 800), deltas, st.booleans()
)
def test_a_window_by_date_is_active_exactly_while_the_gate_is_closed(
    start: str, minutes: int, zone: str, days: int, delta: int, at_end: bool
) -> None:
    ends = datetime.fromisoformat(start) + timedelta(minutes=minutes)
    dated = window(start, f"{ends:%Y-%m-%d %H:%M}", zone, "holidays")
    now = datetime(2026, 7, 1, tzinfo=UTC) + timedelta(days=days)
    found = translate([dated], "production", now)
    boundary = (ends if at_end else datetime.fromisoformat(start)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    moment = (boundary + timedelta(minutes=delta)).replace(second=30)
    assume(now <= moment and (found.renew is None or moment < found.renew))
    assert any(is_active(one, moment) for one in found.windows) == (dated.at(moment) is not None)


@given(dates, st.integers(1, 300 * 24 * 60), st.integers(-800, 800))
def test_nothing_else_is_written_before_the_time_for_which_it_asks(start: str, minutes: int, days: int) -> None:
    ends = datetime.fromisoformat(start) + timedelta(minutes=minutes)
    windows = [window(start, f"{ends:%Y-%m-%d %H:%M}", "UTC", "holidays")]
    now = datetime(2026, 7, 1, tzinfo=UTC) + timedelta(days=days)
    found = translate(windows, "production", now)
    if found.renew:
        assert translate(windows, "production", found.renew - timedelta(seconds=1)).windows == found.windows
        assert translate(windows, "production", found.renew).windows != found.windows
    else:
        assert not found.windows
        assert not found.later


def test_how_windows_are_written() -> None:
    windows = [
        window("Friday 16:00", "Monday 06:30", "Europe/Zurich", "weekend"),
        window("Sunday 22:00", "Sunday 23:00", "UTC", "backup"),
        window("2026-12-20 18:00", "2027-01-04 06:00", "Europe/Zurich", "end of the year"),
    ]
    assert translate(windows, "production", NOW).windows == (
        SyncWindow("0 16 * * 5", "62h30m", "Europe/Zurich", "weekend"),
        SyncWindow("0 22 * * 0", "1h", "UTC", "backup"),
        SyncWindow("0 17 20 12 *", "348h", "UTC", "end of the year"),
    )


def test_a_window_of_a_later_year_waits_and_an_old_one_goes() -> None:
    later, old = (window(f"{year}-06-01 00:00", f"{year}-07-01 00:00", "UTC", "audit") for year in (2028, 2025))
    found = translate([later], "production", NOW)
    assert found.windows == ()
    assert found.later == (
        "the freeze of production, 'audit': a schedule has no year, so it is left out until 2027-07-01",
    )
    assert found.renew == datetime(2027, 7, 1, tzinfo=UTC)
    assert translate([old], "production", NOW).windows == ()
    leap = window("2028-02-29 00:00", "2028-03-01 00:00", "UTC", "a day")
    assert translate([leap], "production", datetime(2028, 1, 1, tzinfo=UTC)).windows[0].schedule == "0 0 29 2 *"


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("Sunday 02:30", "Monday 06:00", "'x': clocks in Europe/Zurich skip or repeat 02:30 on 2027-03-28, which"),
        ("Friday 16:00", "Sunday 02:00", "'x': clocks in Europe/Zurich skip or repeat 02:00 on 2027-03-28, which"),
        ("2026-12-01 00:00", "2027-12-01 00:00", "'x': it lasts 365 days, and a schedule comes every year: split it"),
    ],
)
def test_a_window_that_no_schedule_expresses_is_named(start: str, end: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"the freeze of production, {said}")):
        translate([window(start, end, "Europe/Zurich", "x")], "production", NOW)
