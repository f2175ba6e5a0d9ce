from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from promote.checks.coverage import Matrix, Row
from promote.checks.findings import Finding, Target, Verdict, Waiver
from promote.checks.rules import Rule
from promote.model import Identity, Source
from promote.output import junit
from promote.output.report import CheckReport

CART = Identity("apps/v1", "Deployment", "shop", "cart")
RULES = (
    Rule("check.nothing", ("deny",), "Something", "It must.", "do it"),
    Rule("images.tag", ("deny",), "Tags", "They must.", "name one", file="tag.rego"),
    Rule("images.digest", ("deny",), "Digests", "They must.", "write it", file="digest.rego"),
)
TARGETS = (
    Target("staging", "s", 1, 1, 1, ("images.tag", "images.digest")),
    Target("production", "p", 1, 1, 1, ("images.tag",)),
)
DENIED = Finding("images.tag", "deny", "staging", CART, "no <tag>", "name one", "server", Source("c.yaml", 3))
SEEN = Matrix((Row("images.digest", "staging", 0, 0, 0, 0), Row("images.tag", "staging", 1, 0, 0, 0)))
WAIVER = Waiver("it is old", "team", "OPS-1", "2026-05-31")


def suites(*findings: Finding, only: tuple[str, ...] = ()) -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring("\n".join(junit.lines(CheckReport(Verdict(TARGETS, findings), SEEN, RULES, only))))  # noqa: S314 ours
    return {str(suite.get("name")): suite for suite in root}


def counts(suite: ElementTree.Element) -> tuple[str | None, ...]:
    return tuple(suite.get(name) for name in ("tests", "failures", "skipped", "errors"))


def case(suite: ElementTree.Element, rule: str) -> ElementTree.Element:
    (found,) = (one for one in suite if str(one.get("name")).startswith(f"{rule}"))
    return found


def test_one_case_for_each_rule_and_target() -> None:
    found = suites()
    assert [one.get("name") for one in found["staging"]] == [
        "check.nothing: Something", "images.digest: Digests", "images.tag: Tags",
    ]  # fmt: skip
    assert [one.get("name") for one in found["production"]] == ["check.nothing: Something", "images.tag: Tags"]
    assert counts(found["staging"]) == ("3", "0", "1", "0")


def test_no_time_is_invented() -> None:
    assert "time" not in {name for suite in suites(DENIED).values() for one in suite.iter() for name in one.attrib}


def test_denials_fail_their_case_with_all_messages() -> None:
    found = suites(DENIED, replace(DENIED, message="again", source=None))
    assert counts(found["staging"]) == ("3", "1", "1", "0")
    (failure,) = case(found["staging"], "images.tag")
    assert (failure.tag, failure.get("message")) == ("failure", "no <tag> (and 1 more)")
    assert failure.text == "deny c.yaml:3: no <tag>\n  fix: name one\ndeny again\n  fix: name one"
    assert counts(found["production"]) == ("2", "0", "0", "0")


def test_a_waived_finding_skips_its_case_and_is_printed() -> None:
    found = suites(replace(DENIED, waiver=WAIVER))
    skipped, out = case(found["staging"], "images.tag")
    assert (skipped.tag, skipped.get("message")) == ("skipped", str(WAIVER))
    assert out.text == f"deny c.yaml:3: no <tag>\n  {WAIVER}"
    assert counts(found["staging"]) == ("3", "0", "2", "0")


def test_a_waived_finding_does_not_hide_another() -> None:
    failure, out = case(suites(replace(DENIED, waiver=WAIVER), DENIED)["staging"], "images.tag")
    assert (failure.tag, out.tag) == ("failure", "system-out")


def test_a_warning_passes_and_is_printed() -> None:
    (out,) = case(suites(replace(DENIED, level="warn"))["staging"], "images.tag")
    assert (out.tag, out.text) == ("system-out", "warn c.yaml:3: no <tag>\n  fix: name one")


def test_only_what_was_asked_for_and_what_was_found() -> None:
    found = suites(DENIED, only=("check.nothing",))
    assert [str(one.get("name")).partition(":")[0] for one in found["staging"]] == ["check.nothing", "images.tag"]


def test_what_xml_cannot_hold_is_replaced() -> None:
    (failure,) = case(suites(replace(DENIED, message="a\x00b\ud800"))["staging"], "images.tag")
    assert failure.get("message") == "a\ufffdb\ufffd"


def test_a_rule_without_a_description_is_called_by_its_id() -> None:
    assert case(suites(replace(DENIED, rule="x.y"))["staging"], "x.y").get("name") == "x.y"


def test_a_rule_with_nothing_to_judge_has_not_passed() -> None:
    (skipped,) = case(suites()["staging"], "images.digest")
    assert (skipped.tag, skipped.get("message")) == ("skipped", "there was nothing for this rule to judge")
