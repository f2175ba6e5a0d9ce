from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import UsageError
from promote.gates import gates
from promote.gates.freezes import window
from promote.gates.gates import Gates, Past
from promote.model import Change, Gate, Image, Plan, Stay, Version
from promote.repository import history
from promote.repository.history import Recorded, Revision

START = datetime(2026, 11, 23, 10, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
WEEKEND = window("Friday 16:00", "Monday 06:00", "Europe/Zurich", "nobody is there")
SATURDAY = datetime(2026, 11, 28, 12, tzinfo=UTC)


def images(versions: str) -> tuple[Image, ...]:
    """`a1 b2` is two images with their tags."""
    return tuple(Image(one[0], one[0], Version(one[1:])) for one in versions.split())


def ran(*sets: str) -> list[Revision]:
    """One revision every hour."""
    return history.revisions(
        Recorded(f"{number:040x}", (START + number * HOUR).isoformat(), "A", "s", images(versions))
        for number, versions in enumerate(sets)
    )


def plan(old: str, new: str, source: str = "staging", **despite: str) -> Plan:
    pairs = zip(images(old), images(new), strict=True)
    changes = tuple(Change(f"the {a.name}", a.name, a.version, b.version) for a, b in pairs if a != b)
    return Plan(source, "production", changes, despite=despite)


def gated(
    made: Plan, now: datetime, asked: Gates, staging: Sequence[Revision], old: str = "a1 b1", back: bool = False
) -> Plan:
    past: Past = {"staging": staging, "production": ran(old)}
    return gates.gated(made, images(old), past, asked, now, lambda _: back)


def told(found: Plan) -> list[tuple[str, str, bool, str]]:
    return [(gate.name, gate.subject, gate.passed, gate.reason) for gate in found.gates]


@pytest.mark.parametrize(("hours", "passed"), [(4.99, False), (5, True)])
def test_a_version_soaks_from_its_commit_on(hours: float, passed: bool) -> None:
    found = gated(plan("a1 b1", "a2 b1"), START + HOUR * hours, Gates(4 * HOUR), ran("a1 b1", "a2 b1"))
    reason = f"in staging since 2026-11-23 11:00 UTC ({'0' * 12}); 4 h are asked for"
    assert told(found) == [("soak", "the a", passed, reason)]
    assert found.gates[0].until == (None if passed else START + 5 * HOUR)


def test_what_came_back_soaks_anew() -> None:
    staging = ran("a1 b1", "a2 b1", "a3 b1", "a2 b1")
    found = gated(plan("a1 b1", "a2 b1"), START + 4 * HOUR, Gates(2 * HOUR), staging)
    assert [(one.name, one.passed) for one in found.gates] == [("soak", False)]
    assert found.soak
    ((_, stay),) = found.soak.stays
    assert stay
    assert (stay.commit, stay.since, stay.until, stay.length) == (staging[3].commit, START + 3 * HOUR, None, HOUR)


def test_what_another_service_does_is_no_interruption() -> None:
    staging = ran("a1 b1", "a2 b1", "a2 b2", "a2 b3")
    found = gated(plan("a1 b1", "a2 b1"), START + 4 * HOUR, Gates(3 * HOUR), staging)
    assert told(found)[0][2]


def test_what_has_soaked_and_left_may_still_come() -> None:
    staging = ran("a2 b1", "a3 b1")
    found = gated(plan("a1 b1", "a2 b1"), START + 9 * HOUR, Gates(HOUR), staging)
    reason = f"in staging since 2026-11-23 10:00 UTC until 2026-11-23 11:00 UTC ({'0' * 12}); 1 h are asked for"
    assert told(found) == [("soak", "the a", True, reason)]
    # But what left too early never will.
    early = gated(plan("a1 b1", "a2 b1"), START + 9 * HOUR, Gates(2 * HOUR), staging)
    assert (early.gates[0].passed, early.gates[0].until) == (False, None)


def test_a_version_that_never_ran_there_does_not_pass() -> None:
    found = gated(plan("a1 b1", "a9 b1"), START + 9 * HOUR, Gates(HOUR), ran("a1 b1"))
    assert told(found) == [("soak", "the a", False, "it never ran in staging; 1 h are asked for")]


def test_unknown_is_not_passed() -> None:
    found = gates.gated(plan("a1", "a2"), images("a1"), {}, Gates(HOUR), START)
    assert [(gate.passed, "git fetch --unshallow" in gate.reason) for gate in found.gates] == [(False, True)]
    assert (found.soak, found.combination, found.freeze) == (None, None, None)


def test_another_digest_is_another_version() -> None:
    one, other = Image("a", "a", Version("2", A)), Image("a", "a", Version("2", B))
    staging = history.revisions([Recorded("c", START.isoformat(), "A", "s", (one,))])
    change = Change("a", "a", Version("1"), other.version)
    found = gates.gated(
        Plan("staging", "production", (change,)),
        images("a1"),
        {"staging": staging, "production": ran("a1")},
        Gates(HOUR),
        START + 9 * HOUR,
    )
    assert told(found)[0][2] is False


@pytest.mark.parametrize(
    ("source", "where"), [("", "staging"), ("staging", "staging"), ("qa", "qa"), ("x", "staging")]
)
def test_it_is_measured_where_the_versions_come_from(source: str, where: str) -> None:
    past = {"qa": ran("a2"), "staging": ran("a2"), "production": ran("a1")}
    found = gates.gated(plan("a1", "a2", source), images("a1"), past, Gates(), START)
    assert found.soak
    assert found.soak.environment == where


def test_the_first_environment_has_nothing_before_it() -> None:
    past = {"production": ran("a1"), "live": ran("a1")}
    found = gates.gated(plan("a1", "a2", ""), images("a1"), past, Gates(), START)
    assert (found.soak, found.combination, found.gates) == (None, None, ())


@given(st.lists(st.tuples(st.sampled_from("123"), st.integers(-50, 50)), min_size=1), st.integers(0, 100))
def test_no_clock_makes_a_stay_longer_than_its_history(dated: list[tuple[str, int]], later: int) -> None:
    """Whatever dates the commits bear, no two stays overlap, and none reaches into the future."""
    now = START + later * HOUR
    known = history.revisions(
        Recorded(f"{number:040x}", (START + hours * HOUR).isoformat(), "A", "s", images(f"a{tag}"))
        for number, (tag, hours) in enumerate(dated)
    )
    stays = [_stay(known, tag, now) for tag in "123"]
    for stay in filter(None, stays):
        assert timedelta() <= stay.length <= now - stay.since
    dates = [START + hours * HOUR for _, hours in dated]
    first = min((date for date in dates if date <= now), default=now)
    assert sum((stay.length for stay in stays if stay), timedelta()) <= now - first


def test_a_commit_from_the_future_has_soaked_for_no_time_and_hinders_none() -> None:
    sets = (("a1", 0), ("a2", 99), ("a3", 2))
    known = history.revisions(
        Recorded(tag, (START + hours * HOUR).isoformat(), "A", "s", images(tag)) for tag, hours in sets
    )
    assert _length(known[:2], "2") == timedelta()
    assert _length(known, "3") == 8 * HOUR


def test_a_commit_counts_from_the_one_before_it_at_the_earliest() -> None:
    known = history.revisions(
        Recorded(tag, (START + hours * HOUR).isoformat(), "A", "s", images(tag))
        for tag, hours in (("a1", 9), ("a2", 3))
    )
    assert _length(known, "2") == HOUR


def _stay(known: Sequence[Revision], tag: str, now: datetime) -> Stay | None:
    return history.last_stay(known, lambda one: gates.runs(one, "a", Version(tag)), now)


def _length(known: Sequence[Revision], tag: str) -> timedelta:
    stay = _stay(known, tag, START + 10 * HOUR)
    assert stay
    return stay.length


def test_all_of_it_ran_together() -> None:
    staging = ran("a1 b1", "a2 b1", "a2 b2")
    found = gated(plan("a1 b1", "a2 b2"), START + 5 * HOUR, Gates(), staging).combination
    assert found
    assert found.stay
    assert (found.stay.commit, found.stay.length, found.apart) == (staging[2].commit, 3 * HOUR, ())


def test_a_part_of_it_that_ran_together_once() -> None:
    staging = ran("a1 b1", "a2 b1", "a2 b2")
    found = gated(plan("a1 b1", "a2 b1"), START + 5 * HOUR, Gates(), staging).combination
    assert found
    assert found.stay
    assert (found.stay.commit, found.stay.length) == (staging[1].commit, HOUR)


def test_a_part_of_it_that_never_ran_together() -> None:
    staging = ran("a1 b1", "a1 b2", "a2 b2")
    found = gated(plan("a1 b1", "a2 b1"), START + 5 * HOUR, Gates(combination="deny"), staging).combination
    assert found
    assert (found.stay, found.required) == (None, True)
    assert found.apart == ((Image("b", "b", Version("1")), Version("2")),)


def test_images_that_the_environment_before_never_had_are_no_part_of_the_set() -> None:
    found = gated(plan("a1 c1", "a2 c1"), START + HOUR, Gates(), ran("a2"), "a1 c1").combination
    assert found
    assert (found.stay is None, found.apart) == (False, ())
    gone = gated(plan("a1 b1", "a2 b1"), START + HOUR, Gates(), ran("a1 b1", "a2")).combination
    assert gone
    assert (gone.stay, gone.apart) == (None, ((Image("b", "b", Version("1")), None),))
    assert gated(plan("c1", "c2"), START + HOUR, Gates(), ran("a2"), "c1").combination is None


def test_a_freeze_is_shut_until_it_ends() -> None:
    found = gated(plan("a1 b1", "a2 b1"), SATURDAY, Gates(freeze=(WEEKEND,)), ran("a2 b1"))
    reason = "nobody is there, until Mon 2026-11-30 06:00 Europe/Zurich"
    assert told(found) == [("freeze", "production", False, reason)]
    assert found.gates[0].until == datetime(2026, 11, 30, 6, tzinfo=ZoneInfo("Europe/Zurich"))
    outside = gated(plan("a1 b1", "a2 b1"), START, Gates(freeze=(WEEKEND,)), ran("a2 b1"))
    assert told(outside) == [("freeze", "production", True, "outside of the windows in promote.yaml")]
    assert (outside.freeze, outside.gates[0].until) == (None, None)


def test_what_goes_back_waits_for_nothing() -> None:
    found = gated(plan("a2 b1", "a1 b1"), SATURDAY, Gates(99 * HOUR, freeze=(WEEKEND,)), ran("a2 b1"), "a2 b1", True)
    assert (found.gates, found.freeze) == ((), None)


def test_a_reason_opens_its_own_gate_only() -> None:
    asked = Gates(999 * HOUR, freeze=(WEEKEND,))
    made = plan("a1 b1", "a2 b1", freeze="it is down")
    found = gated(made, SATURDAY, asked, ran("a2 b1"))
    assert [(gate.name, gate.passed, gate.despite) for gate in found.gates] == [
        ("freeze", True, "it is down"),
        ("soak", False, None),
    ]
    soaked = gated(plan("a1 b1", "a2 b1", soak="it is down"), SATURDAY, Gates(HOUR), ran("a2 b1"))
    assert [(gate.passed, gate.despite) for gate in soaked.gates] == [(True, None)], "it was not needed"


def test_the_earliest_moment_is_when_nothing_is_shut_any_more() -> None:
    asked = Gates(2 * 24 * HOUR, freeze=(WEEKEND,))
    friday = datetime(2026, 11, 27, 10, tzinfo=UTC)  # soaks until Sunday, when all is frozen
    staging = history.revisions([Recorded("c", friday.isoformat(), "A", "s", images("a2 b1"))])
    known: Past = {"staging": staging, "production": ran("a1 b1")}
    made = plan("a1 b1", "a2 b1")

    def shut(now: datetime) -> Sequence[Gate]:
        return gates.gated(made, images("a1 b1"), known, asked, now).blocked

    monday = datetime(2026, 11, 30, 5, tzinfo=UTC)
    assert gates.earliest(friday, shut) == monday
    assert gates.earliest(monday + HOUR, shut) == monday + HOUR
    hold = Gate("hold", "the a", False, "it leaks")
    assert gates.earliest(friday, lambda now: [*shut(now), hold]) is None
    assert gates.earliest(friday, lambda now: [Gate("freeze", "x", False, "always", now + HOUR)]) is None


def test_reasons() -> None:
    assert gates.despite(" it is\ndown ", None) == {"freeze": "it is down"}
    with pytest.raises(UsageError, match="--despite-soak needs a reason"):
        gates.despite(None, " ")
