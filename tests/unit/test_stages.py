from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import ConfigError
from promote.gates.order import Gate
from promote.gates.protocol import Context
from promote.model import Change, Plan, Version
from promote.repository import config, stages
from tests.unit.test_gates import images, ran

Stated = Mapping[str, Sequence[str] | None]


def test_without_after_the_order_is_that_of_the_file() -> None:
    assert stages.order({"dev": None, "staging": None, "production": None}) == {
        "dev": (),
        "staging": ("dev",),
        "production": ("staging",),
    }


def test_stages_fan_out_and_in() -> None:
    stated: Stated = {"dev": None, "qa": None, "load": ["dev"], "eu": ["qa", "load"], "us": ["qa"], "demo": []}
    assert stages.order(stated) == {
        "dev": (), "qa": ("dev",), "load": ("dev",), "eu": ("qa", "load"), "us": ("qa",), "demo": (),
    }  # fmt: skip


@given(st.data())
def test_what_goes_back_to_itself_is_a_circle_and_nothing_else_is(data: st.DataObject) -> None:
    names = ["a", "b", "c", "d"]
    stated = {name: data.draw(st.none() | st.lists(st.sampled_from(names), unique=True)) for name in names}
    edges = {
        name: [names[number - 1]] if number and stated[name] is None else stated[name] or []
        for number, name in enumerate(names)
    }
    left = dict(edges)
    while free := [name for name in left if not set(left[name]) & left.keys()]:
        left = {name: before for name, before in left.items() if name not in free}
    if left:
        with pytest.raises(stages.Unordered, match="this is a circle: "):
            stages.order(stated)
    else:
        assert stages.order(stated) == {name: tuple(before) for name, before in edges.items()}


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        ("after: [stagin]", r"promote.yaml:5: environments.b.after.0: there is no environment 'stagin'"),
        ("after: [b]", r"promote.yaml:5: environments.b.after: this is a circle: b after b"),
        ("after: [c]", r"promote.yaml:5: environments.b.after: this is a circle: b after c after b; c states no"),
        ("after: [a, a]", r"promote.yaml:5: environments.b.after cannot be"),
        ("after: a", r"promote.yaml:5: environments.b.after is a string but must be a list"),
        (
            "after: []\n    gates: {soak: 4h}",
            r"promote.yaml:6: environments.b.gates.soak: no environment comes before",
        ),
    ],
)
def test_what_makes_no_order_is_refused_with_its_line(second: str, problem: str) -> None:
    text = f"environments:\n  a: {{path: a}}\n  b:\n    path: b\n    {second}\n  c: {{path: c}}\n"
    with pytest.raises(ConfigError, match=problem):
        config.parse(text.encode())


def test_the_environments_know_what_comes_before_them() -> None:
    read = config.parse(b"environments:\n  a: {path: a}\n  b: {path: b, after: []}\n  c: {path: c, after: [a, b]}\n")
    assert [one.after for one in read.environments.values()] == [None, (), ("a", "b")]
    assert read.order == {"a": (), "b": (), "c": ("a", "b")}


def context(source: str, after: tuple[str, ...] | None) -> Context:
    change = Change("a", "a", Version("1"), Version("2"))
    history = {"dev": ran("a1", "a2"), "qa": ran("a1"), "load": ran("a1", "a2"), "production": ran("a1")}
    return Context(
        Plan(source, "production", (change,)), images("a1"), datetime(2026, 11, 24, tzinfo=UTC), history, after=after
    )


@pytest.mark.parametrize(("source", "after"), [("dev", None), ("qa", ("qa", "load")), ("", ("qa",))])
def test_the_gate_is_silent_where_the_order_is_kept(source: str, after: tuple[str, ...] | None) -> None:
    assert Gate().judge(context(source, after)).results == ()


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (("qa", "load"), "it comes after qa and load, not after dev (`after` in promote.yaml)"),
        ((), "it comes after no environment, not after dev (`after` in promote.yaml)"),
    ],
)
def test_the_gate_is_closed_to_any_other_source(after: tuple[str, ...], reason: str) -> None:
    (found,) = Gate().judge(context("dev", after)).results
    assert (found.subject, found.passed, found.reason) == ("production", False, reason)


@pytest.mark.parametrize(
    ("after", "previous"),
    [(None, "load"), (("qa",), "qa"), (("qa", "load"), "load"), (("load", "dev"), "load"), ((), None)],
)
def test_of_several_before_it_the_one_that_ran_most_of_the_new_versions_counts(
    after: tuple[str, ...] | None, previous: str | None
) -> None:
    assert context("", after).previous == previous
