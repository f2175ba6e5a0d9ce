from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.changes import trailers
from promote.checks.findings import Finding, Target, Verdict, Waiver
from promote.kustomize.differences import Difference
from promote.model import Change, GateResult, Identity, Plan, Version
from promote.output import wording

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
WEB = Change("web", "shop/web", Version("1.0", A), Version("1.1", B))
CART = Change("cart", "shop/cart", Version("2.0"), Version("2.1"))
WHO, OTHER = Identity("apps/v1", "Deployment", "shop", "web"), Identity("v1", "ConfigMap", "shop", "web")
MOVE = Difference(WHO, "/spec/image", "shop/web:1.0", "shop/web:1.1")


def finding(level: str, waiver: Waiver | None = None) -> Finding:
    return Finding("a.b", "deny" if level == "deny" else "warn", "production", WHO, "it is wrong", waiver=waiver)


def verdict(*findings: Finding) -> Verdict:
    return Verdict((Target("production", "overlays/production", 7, 7, 7), Target("staging", "x", 5, 5, 5)), findings)


def test_subject_is_one_line() -> None:
    assert wording.subject("promote", "a → b", [CART]) == "promote: a → b (cart 2.0→2.1)"
    assert wording.subject("promote", "a → b", [CART, WEB, WEB]) == "promote: a → b (cart 2.0→2.1, +2)"


def test_shift() -> None:
    assert wording.shift(WEB) == "1.0→1.1"
    assert wording.shift(Change("web", "web", Version("1", A), Version("1", B))) == f"{A[:19]}→{B[:19]}"
    assert wording.shift(Change("web", "web", Version(None, A), Version("1", A))) == f"{A[:19]}→1"
    # Another repository with the same version.
    assert wording.shift(Change("web", "web", Version("1"), Version("1"))) == "renamed"


def test_commit_has_one_line_an_image_and_trailers_at_its_end() -> None:
    trailers = [("Promoted-From", "staging"), ("Promoted-To", "production")]
    assert wording.commit("title", [WEB, CART], trailers) == (
        f"title\n\nshop/web 1.0@{A} -> 1.1@{B}\nshop/cart 2.0 -> 2.1\n\n"
        "Promoted-From: staging\nPromoted-To: production\n"
    )


def test_verdict_line() -> None:
    assert wording.verdict_line(None) == "The checks did not run."
    assert wording.verdict_line(verdict(finding("warn"))) == "✅ 12 documents validated and evaluated, 1 warning"
    assert wording.verdict_line(verdict(finding("deny"))) == "❌ 1 denied, 0 warnings, 12 documents checked"


def test_verdict_line_counts_what_is_waived() -> None:
    waived = finding("deny", Waiver("old", "team", "OPS-1", "2026-05-31"))
    denied = wording.verdict_line(verdict(finding("deny"), waived, finding("warn")))
    assert denied == "❌ 1 denied, 1 warning, 1 waived, 12 documents checked"
    passed = wording.verdict_line(verdict(waived))
    assert passed == "✅ 12 documents validated and evaluated, 0 warnings, 1 waived"


def test_diff_has_a_header_an_object() -> None:
    gone = Difference(OTHER, "", {"kind": "ConfigMap"}, None)
    assert wording.diff_lines([MOVE, MOVE, gone]) == [
        "@@ Deployment/shop/web",
        "- /spec/image: shop/web:1.0", "+ /spec/image: shop/web:1.1",
        "- /spec/image: shop/web:1.0", "+ /spec/image: shop/web:1.1",
        "@@ ConfigMap/shop/web",
        "- {", '-   "kind": "ConfigMap"', "- }",
    ]  # fmt: skip
    added = wording.diff_lines([Difference(WHO, "/spec/args", None, ["x"])])
    assert added[1:] == ["+ /spec/args:", "+ [", '+   "x"', "+ ]"]


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_every_line_of_a_diff_has_its_sign(value: object) -> None:
    # A line "```" without one would end the block in a pull request's body.
    lines = wording.diff_lines([Difference(WHO, "/data/a", value, "```\n</details>"), MOVE])
    assert [line for line in lines if not line.startswith(("@@ ", "- ", "+ "))] == []
    assert [line for line in lines if "\n" in line] == []


def test_body() -> None:
    gates = (GateResult("hold", "web", False, "it is slow"), GateResult("soak", "cart", True, "1 h"))
    text = wording.body("title", Plan("a", "b", (WEB, CART), gates), verdict(), [MOVE], "promote rollback b --all")
    lines = text.splitlines()
    assert lines[0] == "**title**"
    assert f"| web | `1.0` `{A[:19]}` | `1.1` `{B[:19]}` |" in lines
    assert "| cart | `2.0` | `2.1` |" in lines
    assert "- ❌ hold: web: it is slow" in lines
    assert "- ✅ soak: cart: 1 h" in lines
    block = lines[lines.index("```diff") : lines.index("```") + 1]
    assert block == ["```diff", *wording.diff_lines([MOVE]), "```"]
    assert "Undo it after the merge: `promote rollback b --all`" in lines


PASSED = GateResult("freeze", "b", True, "weekend, until Monday", despite="it is down")


def test_a_gate_that_is_passed_all_the_same_is_recorded() -> None:
    plan = Plan("a", "b", (WEB,), (PASSED, GateResult("soak", "web", True, "1 h")), despite={"freeze": "it is down"})
    assert trailers.overrides(plan) == [("Override-Reason", "freeze: it is down")]
    lines = wording.body("title", plan, None, [], "undo").splitlines()
    assert "- ⚠️ freeze: b: weekend, until Monday; despite it: it is down" in lines
    assert "- ✅ soak: web: 1 h" in lines


@pytest.mark.parametrize("recorded", [True, False])
def test_a_reason_without_a_result_is_recorded_where_it_was_needed(recorded: bool) -> None:
    needed = {"combination": "it is down"} if recorded else {}
    plan = Plan("a", "b", (WEB,), overrides=needed, despite={"combination": "it is down", "freeze": "none is"})
    expected = [("Override-Reason", "combination: it is down")] if recorded else []
    assert trailers.overrides(plan) == expected
    said = "- ⚠️ combination: b: despite it: it is down" in wording.body("title", plan, None, [], "undo").splitlines()
    assert said == recorded


def test_body_without_gates() -> None:
    text = wording.body("title", Plan("a", "b", (WEB,)), None, [], "undo")
    assert "The checks did not run." in text
    assert "hold" not in text
