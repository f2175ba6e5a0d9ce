from __future__ import annotations

import pytest

from promote.facts import Facts, Known, facts
from promote.model import Change, Plan, Version
from tests.unit.test_history import revisions

A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def told(new: Version, known: Known, target: str = "production") -> Facts:
    plan = Plan("staging", target, (Change("cart", "a", Version("1"), new),))
    return facts(plan, known)


def test_the_fields_are_those_of_the_contract() -> None:
    answer = told(Version("2"), Known())
    assert list(answer) == [
        "from", "to", "previous", "images", "others", "soak", "combination", "freeze", "base", "head"
    ]  # fmt: skip
    assert [answer[key] for key in ("previous", "others", "soak", "combination", "freeze", "base", "head")] == [
        None
    ] * 7


@pytest.mark.parametrize(("tag", "ran"), [("1", True), ("2", True), ("3", False)])
def test_a_version_ran_where_history_has_it(tag: str, ran: bool) -> None:
    known = Known({"staging": revisions("1", "2", "1"), "production": revisions("1")})
    (image,) = told(Version(tag), known)["images"]
    assert image["ran"] is ran


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
