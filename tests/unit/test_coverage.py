from __future__ import annotations

from dataclasses import replace

import pytest

from promote.checks import coverage
from promote.checks.coverage import Row
from promote.checks.findings import NOWHERE, Finding, Target, Verdict, Waiver
from promote.checks.rules import Rule
from promote.model import Identity

CART, USER = (Identity("apps/v1", "Deployment", "shop", name) for name in ("cart", "user"))
SECRET = Identity("v1", "Secret", "shop", "cart")
SHOP = Identity("v1", "Namespace", "", "shop")
RULE = Rule("a.pods", ("deny",), "Pods", "They must.", "do it", file="a.rego", subjects=("pods",))
SUBJECTS = {
    "pods": frozenset({CART, USER}),
    "containers": frozenset({CART}),
    "namespaces": frozenset({SHOP}),
    "resources": frozenset({CART, USER, SECRET}),
    "a.own": frozenset({USER}),
}
TARGET = Target("shop", "shop", 3, 3, 3, ("a.pods", "a.own", "a.none", "a.silent"), SUBJECTS)
FOUND = Finding("a.pods", "deny", "shop", CART, "bad")
WAIVER = Waiver("it is old", "team", "OPS-1", "2026-05-31")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("pods",), {CART, USER}),
        (("containers",), {CART}),
        (("namespaces",), {SHOP}),
        (("resources",), {CART, USER, SECRET}),
        (("target",), {NOWHERE}),
        (("Secret",), {SECRET}),
        (("apps/Deployment",), {CART, USER}),
        (("Deployment", "apps/Secret", "StatefulSet"), set()),
        (("Secret", "containers"), {SECRET, CART}),
        (("own",), set()),
    ],
)
def test_what_a_rule_judges(words: tuple[str, ...], expected: set[Identity]) -> None:
    assert coverage.subjects("a.pods", words, TARGET) == expected


def test_what_a_rule_counts_itself() -> None:
    assert coverage.subjects("a.own", ["own"], TARGET) == {USER}


def row(*found: Finding) -> Row:
    (only,) = coverage.matrix(Verdict((TARGET,), found), [RULE], ["a.pods"]).rows
    return only


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((), (2, 2, 0, 0, 0)),
        ((FOUND,), (2, 1, 1, 0, 0)),
        ((FOUND, replace(FOUND, message="worse")), (2, 1, 1, 0, 0)),
        ((FOUND, replace(FOUND, level="warn")), (2, 1, 1, 0, 0)),
        ((replace(FOUND, level="warn"),), (2, 1, 0, 1, 0)),
        ((replace(FOUND, waiver=WAIVER),), (2, 1, 0, 0, 1)),
        ((replace(FOUND, waiver=WAIVER), FOUND), (2, 1, 1, 0, 0)),
        ((replace(FOUND, resource=SHOP),), (3, 2, 1, 0, 0)),
        ((replace(FOUND, target="other"), replace(FOUND, rule="a.b")), (2, 2, 0, 0, 0)),
    ],
)
def test_a_resource_counts_once_by_the_worst(found: tuple[Finding, ...], expected: tuple[int, ...]) -> None:
    one = row(*found)
    assert (one.applied, one.passed, one.denied, one.warned, one.waived) == expected


OTHERS = [
    replace(RULE, id="a.own", subjects=("own",)),
    replace(RULE, id="a.none", subjects=("StatefulSet",)),
]  # nobody has described a.silent


def test_a_rule_that_judged_nothing_is_counted_and_one_that_does_not_say_is_not_known() -> None:
    found = coverage.matrix(Verdict((TARGET,), ()), [RULE, *OTHERS])
    assert (found.never, found.unknown) == (["a.none"], ["a.silent"])
    assert coverage.summary(found) == [
        "2 of 4 rules applied; 1 had nothing to judge (--coverage lists them)",
        "unknown whether they applied: a.silent",
    ]
    assert coverage.as_json(found)["rules"][3] == {
        "rule": "a.silent", "target": "shop", "applied": None, "passed": None, "denied": 0, "warned": 0, "waived": 0,
    }  # fmt: skip
    assert coverage.table(found)[3:] == [
        "a.none    shop              0         0         0         0         0",
        "a.silent  shop              ?         ?         0         0         0",
    ]


def test_a_rule_that_applied_in_one_target_has_applied() -> None:
    empty = Target("empty", "empty", 1, 1, 1, ("a.pods",), {})
    found = coverage.matrix(Verdict((empty, TARGET), ()), [RULE], ["a.pods"])
    assert ([one.applied for one in found.rows], found.never) == ([0, 2], [])
    assert coverage.summary(found) == ["1 of 1 rules applied"]


def test_only_the_rules_that_were_asked_for() -> None:
    rows = coverage.matrix(Verdict((TARGET,), ()), [RULE, *OTHERS], ["a.own"]).rows
    assert [one.rule for one in rows] == ["a.own"]
