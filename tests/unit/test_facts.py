from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promote.model import Change, Combination, Freeze, Image, Plan, Soak, Stay, Version
from promote.promotion.facts import Facts, Known, facts
from tests.unit.test_history import revisions

A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def told(new: Version, known: Known, target: str = "production") -> Facts:
    plan = Plan("staging", target, (Change("cart", "a", Version("1"), new),))
    return facts(plan, known)


def test_the_fields_are_those_of_the_contract() -> None:
    answer = told(Version("2"), Known())
    assert list(answer) == [
        "from", "to", "previous", "images", "others", "soak", "combination", "freeze", "despite", "base",
        "head",
    ]  # fmt: skip
    assert [answer[key] for key in ("previous", "others", "soak", "combination", "freeze", "base", "head")] == [
        None
    ] * 7


@pytest.mark.parametrize(("tag", "ran"), [("1", True), ("2", True), ("3", False)])
def test_a_version_ran_where_history_has_it(tag: str, ran: bool) -> None:
    known = Known({"staging": revisions("1", "2", "1"), "production": revisions("1")})
    (image,) = told(Version(tag), known)["images"]
    assert image["ran"] is ran


def test_what_was_measured_is_told_in_seconds_and_moments() -> None:
    start = datetime(2026, 11, 23, 10, tzinfo=UTC)
    change = Change("cart", "a", Version("1"), Version("2"))
    stay = Stay("c0ffee", start, start + timedelta(days=1), timedelta(days=1))
    plan = Plan(
        "staging", "production", (change,),
        soak=Soak("staging", timedelta(hours=4), ((change, stay), (change, None))),
        combination=Combination("staging", None, ((Image("b", "b", Version("1", A)), Version("2")),), required=True),
        freeze=Freeze("weekend", start, start + timedelta(hours=1)),
        despite={"soak": "it is urgent"},
    )  # fmt: skip
    told = {"commit": "c0ffee", "since": "2026-11-23T10:00:00Z", "until": "2026-11-24T10:00:00Z",
            "seconds": 86400, "duration": "P1D"}  # fmt: skip
    never = {"commit": None, "since": None, "until": None, "seconds": 0, "duration": "PT0S"}
    who = {"service": "cart", "image": "a"}
    apart = [{"image": "b", "here": {"tag": "1", "digest": A}, "there": {"tag": "2", "digest": None}}]
    answer = facts(plan, Known())
    assert {key: answer[key] for key in ("soak", "combination", "freeze", "despite")} == {
        "soak": {"environment": "staging", "required": 14400, "images": [who | told, who | never]},
        "combination": {"environment": "staging", "ran": False, **never, "apart": apart, "required": True},
        "freeze": {
            "reason": "weekend", "start": "2026-11-23T10:00:00Z", "end": "2026-11-23T11:00:00Z"
        },
        "despite": {"soak": "it is urgent"},
    }  # fmt: skip


def test_nothing_is_known_without_history() -> None:
    (image,) = told(Version("2"), Known())["images"]
    assert (image["ran"], image["digests"]) == (None, None)
    (image,) = told(Version("2"), Known({"staging": [], "production": []}))["images"]
    assert (image["ran"], image["digests"]) == (None, [])


def test_the_first_environment_comes_after_none() -> None:
    known = Known({"staging": revisions("1"), "production": revisions("1")})
    answer = told(Version("9"), known, "staging")
    assert (answer["previous"], answer["images"][0]["ran"]) == (None, None)


def test_digests_decide_before_tags() -> None:
    plan = Plan("", "production", (Change("cart", "a", Version("1", A), Version("1", B)),))
    known = Known({"staging": revisions("1"), "production": []}, "base", "head", lambda _: True, ["Service/x /spec"])
    answer = facts(plan, known)
    assert answer["images"][0] | {"service": ""} == {
        "service": "",
        "image": "a",
        "old": {"tag": "1", "digest": A},
        "new": {"tag": "1", "digest": B},
        "rolled_back": True,
        "ran": True,
        "digests": [A],
    }
    assert (answer["from"], answer["base"], answer["head"], answer["others"]) == (
        None, "base", "head", ["Service/x /spec"]
    )  # fmt: skip
