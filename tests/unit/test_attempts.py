"""How long a server may make a command wait."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.forge.attempts import retry_after

ZONES = st.sampled_from(("GMT", "+0000", "-0000", "-9959", "+2359", "PST", ""))
DATES = st.builds(lambda when, zone: f"{when:%a, %d %b %Y %H:%M:%S} {zone}", st.datetimes(), ZONES)


@given(st.text() | DATES | st.integers(0).map(str))
def test_no_header_makes_a_wait_without_end(given: str) -> None:
    assert 0 <= retry_after(given, 60.0) < math.inf


@pytest.mark.parametrize(
    ("given", "seconds"), [("7", 7.0), (" 0 ", 0.0), ("soon", 60.0), ("", 60.0), ("9" * 400, 999_999_999)]
)
def test_a_number_is_seconds_and_other_words_are_none(given: str, seconds: float) -> None:
    assert retry_after(given, 60.0) == seconds


def test_a_date_is_the_end_of_the_wait() -> None:
    later = datetime.now(UTC) + timedelta(seconds=90)
    assert 85 < retry_after(format_datetime(later, usegmt=True), 60.0) <= 90
    assert retry_after("Thu, 01 Jan 1970 00:00:00 GMT", 60.0) == 0
