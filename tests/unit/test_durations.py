from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.system import durations

lengths = st.integers(0, 9999 * 86400).map(lambda seconds: timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("text", "hours"), [("4h", 4), ("90m", 1.5), ("2d", 48), ("1w", 168), ("1d 12h", 36), ("1w 1d 1h 30m", 193.5)]
)
def test_parse(text: str, hours: float) -> None:
    assert durations.parse(text) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("length", "iso", "spoken"),
    [
        (timedelta(), "PT0S", "0 min"),
        (timedelta(seconds=59), "PT59S", "0 min"),
        (timedelta(minutes=90), "PT1H30M", "1 h 30 min"),
        (timedelta(days=1), "P1D", "1 d"),
        (timedelta(days=1, minutes=5), "P1DT5M", "1 d 5 min"),
        (timedelta(days=2, hours=3, minutes=4, seconds=5), "P2DT3H4M5S", "2 d 3 h"),
    ],
)
def test_told(length: timedelta, iso: str, spoken: str) -> None:
    assert (durations.iso(length), durations.spoken(length)) == (iso, spoken)


@given(lengths)
def test_iso_says_all_of_it(length: timedelta) -> None:
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", durations.iso(length))
    assert found
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    assert timedelta(days, seconds, hours=hours, minutes=minutes) == length
