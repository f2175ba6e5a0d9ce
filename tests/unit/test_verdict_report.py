from __future__ import annotations

from dataclasses import replace

from promote.checks.coverage import Matrix
from promote.checks.findings import NOWHERE, Finding, Target, Verdict, Waiver
from promote.model import Identity, Source
from promote.output import github, markdown, verdicts
from promote.output.report import CheckReport

CART = Identity("apps/v1", "Deployment", "shop", "cart")
DENIED = Finding("images.tag", "deny", "staging", CART, "no tag", "name one", "server", Source("a,b:c.yaml", 3))
WARNED = Finding("check.odd", "warn", "staging", NOWHERE, "50% |\nof <b> & `c`")
VERDICT = Verdict((Target("staging", "overlays/staging", 3, 3, 2),), (DENIED, WARNED))
WAIVER = Waiver("it | is old", "team", "OPS-1", "2026-05-31")
WAIVED = Verdict(VERDICT.targets, (replace(DENIED, waiver=WAIVER), WARNED))
SEEN = "staging: 3 documents rendered, 2 validated, 3 evaluated"


def as_report(verdict: Verdict) -> CheckReport:
    return CheckReport(verdict, Matrix(()), ())


def test_text() -> None:
    assert verdicts.verdict_text(VERDICT) == [
        "DENY  images.tag  a,b:c.yaml:3",
        "      no tag",
        "      fix: name one",
        "WARN  check.odd",
        "      50% |\nof <b> & `c`",
        SEEN,
        "1 denied, 1 warning",
    ]


def test_text_lists_a_cause_once_and_counts_it_for_each_target_that_has_it() -> None:
    live = replace(DENIED, target="production")
    assert verdicts.verdict_text(replace(VERDICT, findings=(DENIED, live, WARNED))) == [
        "DENY  images.tag  a,b:c.yaml:3",
        "      no tag",
        "      in staging, production",
        "      fix: name one",
        "WARN  check.odd",
        "      50% |\nof <b> & `c`",
        "the 3 findings have 2 causes, listed once each",
        SEEN,
        "2 denied, 1 warning",
    ]


def test_json() -> None:
    found = verdicts.verdict_json(WAIVED)
    assert found["targets"] == [
        {"name": "staging", "path": "overlays/staging", "documents": 3, "evaluated": 3, "validated": 2}
    ]
    assert found["summary"] == {"deny": 0, "warn": 1, "waived": 1}
    assert found["findings"][0]["source"] == {"file": "a,b:c.yaml", "line": 3}
    assert found["findings"][0]["waiver"] == {
        "reason": "it | is old", "owner": "team", "ticket": "OPS-1", "expires": "2026-05-31",
    }  # fmt: skip
    assert found["findings"][1]["source"] is None


def test_github_annotations_are_escaped() -> None:
    assert github.lines(as_report(VERDICT)) == [
        "::error file=a%2Cb%3Ac.yaml,line=3,title=images.tag::no tag. Fix: name one",
        "::warning title=check.odd::50%25 |%0Aof <b> & `c`",
        "0 of 0 rules applied",
        SEEN,
        "1 denied, 1 warning",
    ]


def test_markdown_cells_cannot_leave_their_table() -> None:
    assert markdown.lines(as_report(VERDICT))[2:] == [
        "0 of 0 rules applied",
        "",
        "| target | documents | validated | evaluated |",
        "| --- | --- | --- | --- |",
        "| staging | 3 | 2 | 3 |",
        "",
        "| level | rule | where | what | fix |",
        "| --- | --- | --- | --- | --- |",
        "| deny | images.tag | a,b:c.yaml:3 | no tag | name one |",
        "| warn | check.odd |  | 50% &#124; of &lt;b> &amp; &#96;c&#96; |  |",
    ]


def test_markdown_of_nothing_found_has_one_table() -> None:
    lines = markdown.lines(as_report(Verdict(VERDICT.targets, ())))
    assert lines[0] == "✅ 3 documents validated and evaluated, 0 warnings"
    assert len([line for line in lines if line.startswith("| ---")]) == 1


def test_a_waived_finding_is_shown_with_its_waiver() -> None:
    assert verdicts.verdict_text(WAIVED)[:3] == [
        "WAIVED images.tag  a,b:c.yaml:3",
        "      no tag",
        "      waived until 2026-05-31 by team (OPS-1): it | is old",
    ]
    assert verdicts.verdict_text(WAIVED)[-1] == "0 denied, 1 warning, 1 waived"
    assert github.lines(as_report(WAIVED))[0] == (
        "::notice file=a%2Cb%3Ac.yaml,line=3,title=images.tag::no tag. "
        "waived until 2026-05-31 by team (OPS-1): it | is old"
    )
    assert (
        "| waived | images.tag | a,b:c.yaml:3 | no tag | waived until 2026-05-31 by team (OPS-1): it &#124; is old |"
        in (markdown.lines(as_report(WAIVED)))
    )
