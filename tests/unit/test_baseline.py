from __future__ import annotations

from dataclasses import replace

import pytest

from promote.checks import baseline
from promote.checks.findings import Base, Finding, Verdict, Waiver
from promote.model import Identity, Source
from promote.output import wording

CART = Identity("apps/v1", "Deployment", "shop", "cart")
FOUND = Finding(
    "images.tag", "deny", "staging", CART, "no tag", source=Source("a.yaml", 3), place="/spec/[server]/image"
)
WARNED = replace(FOUND, level="warn")
WAIVED = replace(FOUND, waiver=Waiver("it is old", "team", "OPS-1", "2026-05-31"))
BASE = Base("0123456789abcdef")


def compared(before: list[Finding], *after: Finding) -> tuple[list[str], int]:
    """The status of each finding, and how many are fixed."""
    verdict = baseline.compared(Verdict((), after), before, BASE)
    assert [replace(one, status="") for one in verdict.findings] == list(after)
    return [one.status for one in verdict.findings], len(verdict.fixed)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [FOUND], (["new"], 0)),
        ([FOUND], [FOUND], (["old"], 0)),
        ([FOUND], [], ([], 1)),
        ([FOUND], [replace(FOUND, source=Source("b.yaml", 9), message="no tag at all")], (["old"], 0)),
        ([FOUND], [replace(FOUND, container="proxy")], (["new"], 1)),
        ([FOUND], [replace(FOUND, place="/spec/[proxy]/image")], (["new"], 1)),
        ([FOUND], [replace(FOUND, target="production")], (["new"], 1)),
        ([FOUND], [WARNED], (["old"], 0)),
        ([WARNED], [FOUND], (["new"], 0)),
        ([WAIVED], [FOUND], (["new"], 0)),
        ([FOUND], [WAIVED], (["old"], 0)),
        ([WAIVED], [WAIVED], (["old"], 0)),
        ([FOUND, replace(FOUND, message="b")], [replace(FOUND, message="b")], (["old"], 1)),
        ([FOUND], [replace(FOUND, message="a"), FOUND], (["new", "old"], 0)),
        ([replace(FOUND, rule="check.repeated")], [replace(FOUND, rule="check.repeated")], (["new"], 0)),
        ([replace(FOUND, rule="schema.missing")], [replace(FOUND, rule="schema.missing")], (["new"], 0)),
    ],
)
def test_what_is_new_old_and_fixed(
    before: list[Finding], after: list[Finding], expected: tuple[list[str], int]
) -> None:
    assert compared(before, *after) == expected


def test_old_findings_stand_against_the_manifests_unless_they_are_forgiven() -> None:
    verdict = baseline.compared(Verdict((), (FOUND,)), [FOUND], BASE)
    assert verdict.denied
    forgiving = replace(verdict, forgives_old=True)
    assert not forgiving.denied
    assert wording.verdict_line(forgiving) == "✅ nothing new is denied: 1 denied, 0 warnings, 0 documents checked"
    assert replace(baseline.compared(Verdict((), (FOUND,)), [], BASE), forgives_old=True).denied


def test_a_verdict_that_was_not_compared_forgives_nothing() -> None:
    assert Verdict((), (FOUND,), forgives_old=True).denied
