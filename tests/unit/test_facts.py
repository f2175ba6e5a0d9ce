from __future__ import annotations

from collections import UserDict
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from promote.gates.protocol import Context, Facts, History
from promote.model import Change, Plan, Revision, Version
from promote.proof.facts import facts
from tests.unit.test_history import revisions

A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
UNKNOWN = {"freeze": None, "soak": None, "combination": None}


def told(new: Version, history: History, target: str = "production") -> Facts:
    plan = Plan("staging", target, (Change("cart", "a", Version("1"), new),), facts=UNKNOWN)
    return facts(plan, Context(plan, (), NOW, history))


def test_the_fields_are_those_of_the_contract() -> None:
    answer = told(Version("2"), {})
    assert list(answer) == [
        "from", "to", "previous", "images", "others", "freeze", "soak", "combination", "despite", "base",
        "head",
    ]  # fmt: skip
    assert [answer[key] for key in ("previous", "others", "soak", "combination", "freeze", "base", "head")] == [
        None
    ] * 7


@pytest.mark.parametrize(("tag", "ran"), [("1", True), ("2", True), ("3", False)])
def test_a_version_ran_where_history_has_it(tag: str, ran: bool) -> None:
    known = {"staging": revisions("1", "2", "1"), "production": revisions("1")}
    (image,) = told(Version(tag), known)["images"]
    assert image["ran"] is ran


def test_what_the_gates_found_out_is_passed_on() -> None:
    found = {"soak": {"environment": "staging"}, "combination": None, "freeze": {"reason": "weekend"}}
    plan = Plan("staging", "production", (), facts=found, despite={"soak": "it is urgent"})
    answer = facts(plan, Context(plan, (), NOW))
    assert {key: answer[key] for key in (*found, "despite")} == found | {"despite": {"soak": "it is urgent"}}


def test_nothing_is_known_without_history() -> None:
    (image,) = told(Version("2"), {})["images"]
    assert (image["ran"], image["digests"]) == (None, None)
    (image,) = told(Version("2", A), {"staging": [], "production": []})["images"]
    assert (image["ran"], image["digests"]) == (None, [])


def test_only_a_version_with_a_digest_asks_for_all_histories() -> None:
    asked: list[str] = []

    class Logged(UserDict[str, Sequence[Revision]]):
        def __getitem__(self, name: str) -> Sequence[Revision]:
            asked.append(name)
            return super().__getitem__(name)

    known = Logged({name: revisions("1") for name in ("test", "staging", "production", "other")})
    assert told(Version("1"), known)["images"][0]["digests"] is None
    assert asked == ["staging"]
    assert told(Version("1", A), known)["images"][0]["digests"] == []
    assert set(asked) == set(known)


def test_the_first_environment_comes_after_none() -> None:
    known = {"staging": revisions("1"), "production": revisions("1")}
    answer = told(Version("9"), known, "staging")
    assert (answer["previous"], answer["images"][0]["ran"]) == (None, None)


def test_digests_decide_before_tags() -> None:
    plan = Plan("", "production", (Change("cart", "a", Version("1", A), Version("1", B)),))
    history = {"staging": revisions("1"), "production": []}
    context = Context(plan, (), NOW, history, base="base", head="head", goes_back=lambda _: True)
    answer = facts(plan, context, ["Service/x /spec"])
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
