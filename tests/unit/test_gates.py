from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import UsageError
from promote.gates import evaluation, policy, registry
from promote.gates.combination import Gate as Combination
from promote.gates.freeze import Gate as Freeze
from promote.gates.freeze import Window, window
from promote.gates.hold import Gate as Holds
from promote.gates.protocol import Context, Gate, History, Judgement
from promote.gates.soak import Gate as Soak
from promote.gates.stays import Stay, Stays
from promote.model import Change, GateResult, Hold, Image, Plan, PolicyChange, Revision, Version
from promote.repository import history
from promote.repository.history import Recorded

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


def gates(soak: timedelta | None = None, deny: bool = False, freeze: tuple[Window, ...] = ()) -> tuple[Gate, ...]:
    return Holds(), Freeze(freeze), Soak(soak), Combination(deny)


def judged(
    made: Plan, now: datetime, asked: tuple[Gate, ...], past: History, old: str = "a1 b1", back: bool = False
) -> Plan:
    return evaluation.evaluate(Context(made, images(old), now, past, goes_back=lambda _: back), asked)


def gated(
    made: Plan,
    now: datetime,
    asked: tuple[Gate, ...],
    staging: Sequence[Revision],
    old: str = "a1 b1",
    back: bool = False,
) -> Plan:
    return judged(made, now, asked, {"staging": staging, "production": ran(old)}, old, back)


def told(found: Plan) -> list[tuple[str, str, bool, str]]:
    return [(gate.name, gate.subject, gate.passed, gate.reason) for gate in found.gates]


@pytest.mark.parametrize(("hours", "passed"), [(4.99, False), (5, True)])
def test_a_version_soaks_from_its_commit_on(hours: float, passed: bool) -> None:
    found = gated(plan("a1 b1", "a2 b1"), START + HOUR * hours, gates(4 * HOUR), ran("a1 b1", "a2 b1"))
    reason = f"in staging since 2026-11-23 11:00 UTC ({'0' * 12}); 4 h are required"
    assert told(found) == [("soak", "the a", passed, reason)]
    assert found.gates[0].until == (None if passed else START + 5 * HOUR)


def test_what_came_back_soaks_anew() -> None:
    staging = ran("a1 b1", "a2 b1", "a3 b1", "a2 b1")
    found = gated(plan("a1 b1", "a2 b1"), START + 4 * HOUR, gates(2 * HOUR), staging)
    assert [(one.name, one.passed) for one in found.gates] == [("soak", False)]
    (image,) = found.facts["soak"]["images"]
    assert image == {
        "service": "the a", "image": "a", "commit": staging[3].commit, "since": "2026-11-23T13:00:00Z",
        "until": None, "seconds": 3600, "duration": "PT1H",
    }  # fmt: skip
    assert found.remarks == (
        f"the a ran in staging for 1 h, from {'0' * 12} on",
        "this set ran together in staging for 1 h",
    )


def test_what_another_service_does_is_no_interruption() -> None:
    staging = ran("a1 b1", "a2 b1", "a2 b2", "a2 b3")
    found = gated(plan("a1 b1", "a2 b1"), START + 4 * HOUR, gates(3 * HOUR), staging)
    assert told(found)[0][2]


def test_what_has_soaked_and_left_may_still_come() -> None:
    staging = ran("a2 b1", "a3 b1")
    found = gated(plan("a1 b1", "a2 b1"), START + 9 * HOUR, gates(HOUR), staging)
    reason = f"in staging since 2026-11-23 10:00 UTC until 2026-11-23 11:00 UTC ({'0' * 12}); 1 h are required"
    assert told(found) == [("soak", "the a", True, reason)]
    # But what left too early never will.
    early = gated(plan("a1 b1", "a2 b1"), START + 9 * HOUR, gates(2 * HOUR), staging)
    assert (early.gates[0].passed, early.gates[0].until) == (False, None)


def test_a_version_that_never_ran_there_does_not_pass() -> None:
    found = gated(plan("a1 b1", "a9 b1"), START + 9 * HOUR, gates(HOUR), ran("a1 b1"))
    assert told(found) == [("soak", "the a", False, "it never ran in staging; 1 h are required")]


def test_unknown_is_not_passed() -> None:
    found = judged(plan("a1", "a2"), START, gates(HOUR), {}, "a1")
    assert [(gate.passed, "git fetch --unshallow" in gate.reason) for gate in found.gates] == [(False, True)]
    assert found.facts == {"soak": None, "combination": None, "freeze": None}
    assert found.remarks == ()


def test_another_digest_is_another_version() -> None:
    one, other = Image("a", "a", Version("2", A)), Image("a", "a", Version("2", B))
    staging = history.revisions([Recorded("c", START.isoformat(), "A", "s", (one,))])
    change = Change("a", "a", Version("1"), other.version)
    past = {"staging": staging, "production": ran("a1")}
    found = judged(Plan("staging", "production", (change,)), START + 9 * HOUR, gates(HOUR), past, "a1")
    assert told(found)[0][2] is False


@pytest.mark.parametrize(
    ("source", "where"), [("", "staging"), ("staging", "staging"), ("qa", "qa"), ("x", "staging")]
)
def test_it_is_measured_where_the_versions_come_from(source: str, where: str) -> None:
    past = {"qa": ran("a2"), "staging": ran("a2"), "production": ran("a1")}
    found = judged(plan("a1", "a2", source), START, gates(), past, "a1")
    assert found.facts["soak"]["environment"] == where


def test_the_first_environment_has_nothing_before_it() -> None:
    past = {"production": ran("a1"), "live": ran("a1")}
    found = judged(plan("a1", "a2", ""), START, gates(), past, "a1")
    assert (found.facts["soak"], found.facts["combination"], found.gates) == (None, None, ())


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
    return Stays(known, now).last(lambda one: one.runs("a", Version(tag)))


def _length(known: Sequence[Revision], tag: str) -> timedelta:
    stay = _stay(known, tag, START + 10 * HOUR)
    assert stay
    return stay.length


APART = {"image": "b", "here": {"tag": "1", "digest": None}, "there": None}


def test_all_of_it_ran_together() -> None:
    staging = ran("a1 b1", "a2 b1", "a2 b2")
    found = gated(plan("a1 b1", "a2 b2"), START + 5 * HOUR, gates(), staging).facts["combination"]
    assert (found["ran"], found["commit"], found["seconds"], found["apart"]) == (
        True,
        staging[2].commit,
        3 * 3600,
        [],
    )


def test_a_part_of_it_that_ran_together_once() -> None:
    staging = ran("a1 b1", "a2 b1", "a2 b2")
    found = gated(plan("a1 b1", "a2 b1"), START + 5 * HOUR, gates(), staging).facts["combination"]
    assert (found["commit"], found["seconds"]) == (staging[1].commit, 3600)


def test_a_part_of_it_that_never_ran_together() -> None:
    staging = ran("a1 b1", "a1 b2", "a2 b2")
    found = gated(plan("a1 b1", "a2 b1"), START + 5 * HOUR, gates(deny=True), staging)
    assert found.facts["combination"] == {
        "environment": "staging", "ran": False, "commit": None, "since": None, "until": None, "seconds": 0,
        "duration": "PT0S", "apart": [APART | {"there": {"tag": "2", "digest": None}}], "required": True,
    }  # fmt: skip
    assert found.remarks[-1] == "this set never ran together in staging"


def test_images_that_the_environment_before_never_had_are_no_part_of_the_set() -> None:
    found = gated(plan("a1 c1", "a2 c1"), START + HOUR, gates(), ran("a2"), "a1 c1").facts["combination"]
    assert (found["ran"], found["apart"]) == (True, [])
    gone = gated(plan("a1 b1", "a2 b1"), START + HOUR, gates(), ran("a1 b1", "a2")).facts["combination"]
    assert (gone["ran"], gone["apart"]) == (False, [APART])
    assert gated(plan("c1", "c2"), START + HOUR, gates(), ran("a2"), "c1").facts["combination"] is None


@pytest.mark.parametrize(
    ("together", "deny", "recorded"), [(False, True, True), (True, True, False), (False, False, False)]
)
def test_a_reason_for_a_new_set_is_recorded_where_it_was_needed(together: bool, deny: bool, recorded: bool) -> None:
    made = plan("a1 b1", "a2 b1", combination="it is down", freeze="none is")
    staging = ran("a2 b1") if together else ran("a2 b2")
    found = gated(made, START + HOUR, gates(deny=deny), staging)
    assert found.overrides == ({"combination": "it is down"} if recorded else {})


def test_a_freeze_is_shut_until_it_ends() -> None:
    found = gated(plan("a1 b1", "a2 b1"), SATURDAY, gates(freeze=(WEEKEND,)), ran("a2 b1"))
    reason = "nobody is there, until Mon 2026-11-30 06:00 Europe/Zurich"
    assert told(found) == [("freeze", "production", False, reason)]
    assert found.gates[0].until == datetime(2026, 11, 30, 6, tzinfo=ZoneInfo("Europe/Zurich"))
    outside = gated(plan("a1 b1", "a2 b1"), START, gates(freeze=(WEEKEND,)), ran("a2 b1"))
    assert told(outside) == [("freeze", "production", True, "outside of the windows in promote.yaml")]
    assert (outside.facts["freeze"], outside.gates[0].until) == (None, None)
    assert found.facts["freeze"] == {
        "reason": "nobody is there", "start": "2026-11-27T15:00:00Z", "end": "2026-11-30T05:00:00Z"
    }  # fmt: skip


def test_what_goes_back_waits_for_nothing() -> None:
    found = gated(plan("a2 b1", "a1 b1"), SATURDAY, gates(99 * HOUR, freeze=(WEEKEND,)), ran("a2 b1"), "a2 b1", True)
    assert (found.gates, found.facts["freeze"]) == ((), None)


def test_the_command_rollback_passes_all_gates_but_holds() -> None:
    made = plan("a2 b1", "a1 b1")
    held = (Hold("production", "a", Version("1"), "it leaks", "2026-11-20"),)
    past = {"staging": ran("a2 b1"), "production": ran("a2 b1")}
    context = Context(made, images("a2 b1"), SATURDAY, past, held, is_rollback=True)
    found = evaluation.evaluate(context, gates(99 * HOUR, freeze=(WEEKEND,)))
    assert told(found) == [("hold", "the a", False, "1 is held since 2026-11-20: it leaks")]
    assert found.facts == {"soak": None, "combination": None, "freeze": None}


def test_a_reason_opens_its_own_gate_only() -> None:
    asked = gates(999 * HOUR, freeze=(WEEKEND,))
    made = plan("a1 b1", "a2 b1", freeze="it is down")
    found = gated(made, SATURDAY, asked, ran("a2 b1"))
    assert [(gate.name, gate.passed, gate.despite) for gate in found.gates] == [
        ("freeze", True, "it is down"),
        ("soak", False, None),
    ]
    soaked = gated(plan("a1 b1", "a2 b1", soak="it is down"), SATURDAY, gates(HOUR), ran("a2 b1"))
    assert [(gate.passed, gate.despite) for gate in soaked.gates] == [(True, None)], "it was not needed"


class Never(Freeze):
    """Says again and again that it opens in an hour."""

    def judge(self, context: Context) -> Judgement:
        return Judgement((GateResult("freeze", "x", False, "always", context.now + HOUR),))


def test_the_earliest_moment_is_when_nothing_is_shut_any_more() -> None:
    asked = gates(2 * 24 * HOUR, freeze=(WEEKEND,))
    friday = datetime(2026, 11, 27, 10, tzinfo=UTC)  # soaks until Sunday, when all is frozen
    staging = history.revisions([Recorded("c", friday.isoformat(), "A", "s", images("a2 b1"))])
    context = Context(
        plan("a1 b1", "a2 b1"), images("a1 b1"), friday, {"staging": staging, "production": ran("a1 b1")}
    )
    monday = datetime(2026, 11, 30, 5, tzinfo=UTC)
    assert evaluation.earliest(context, asked) == monday
    later = replace(context, now=monday + HOUR)
    assert evaluation.earliest(later, asked) == monday + HOUR
    held = replace(context, holds=(Hold("production", "a", Version("2"), "it leaks", "2026-11-20"),))
    assert evaluation.earliest(held, asked) is None
    assert evaluation.earliest(context, (Never(),)) is None


def test_reasons() -> None:
    assert registry.reasons({"freeze": " it is\ndown ", "soak": None}) == {"freeze": "it is down"}
    with pytest.raises(UsageError, match="--despite-soak needs a reason"):
        registry.reasons({"freeze": None, "soak": " "})


def test_the_policy_is_a_gate_only_for_a_change_that_brings_its_own() -> None:
    asked = Context(Plan("", "", (), despite={"policy": "agreed"}), (), datetime(2026, 1, 1, tzinfo=UTC))
    gates = [policy.Gate()]
    assert evaluation.evaluate(asked, gates).gates == ()
    passes = replace(asked, policy=PolicyChange("main", ("a.rego",), ()))
    assert evaluation.evaluate(passes, gates).gates == ()
    change = PolicyChange("main", ("a.rego", "b.rego", "c.rego", "d.rego"), ("images.tag: x", "y"))
    [result] = evaluation.evaluate(replace(asked, policy=change), gates).gates
    assert result.reason == (
        "it passes only because it changes a.rego, b.rego, c.rego and 1 more: "
        "by those of main, images.tag: x (and 1 more)"
    )
    assert (result.passed, result.despite) == (True, "agreed")
    without = replace(asked, plan=Plan("", "", ()), policy=change)
    assert len(evaluation.evaluate(without, gates).blocked) == 1
