"""JSON is a promise and compared whole; text is for people, so only its facts are."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime

from promote.changes.proposal import Proposal
from promote.checks.coverage import Matrix
from promote.checks.findings import Finding, Target, Verdict, Waiver
from promote.forge.protocol import PullRequest
from promote.gates.protocol import Context
from promote.kustomize.differences import Difference
from promote.model import (
    Change,
    GateResult,
    Identity,
    Image,
    Plan,
    Revision,
    Source,
    Version,
)
from promote.output import github, markdown, plans, verdicts
from promote.output.report import CheckReport
from promote.promotion.deliver import Published
from promote.repository.environments import Environment
from promote.repository.workspace import Tip

DIGEST = "sha256:" + "a" * 64
SHA = "0123456789abcdef" * 2
WHO = Identity("apps/v1", "Deployment", "shop", "web")
CHANGE = Change("web", "shop/web", Version("1.0"), Version("1.1", DIGEST))
UNKNOWN = {"soak": None, "combination": None, "freeze": None}
PLAN = Plan(
    "staging", "production", (CHANGE,), (GateResult("hold", "web", False, "slow"),), ("a note",), facts=UNKNOWN
)
NOTHING = Plan("staging", "production", (), notes=("a note",), facts=UNKNOWN)
PULL = PullRequest(7, "https://forge/7", "title", "body", "promote/x", "main", SHA, "open")
DENIAL = Finding("a.b", "deny", "production", WHO, "50%, bad:\nvery | bad", "mend it", "c", Source("a,b.yaml", 3))
WARNING = Finding("c.d", "warn", "production", WHO, "odd")
WAIVER = Waiver("old", "team", "OPS-1", "2026-05-31")
WAIVED = Finding("e.f", "deny", "production", WHO, "known", waiver=WAIVER)
VERDICT = Verdict((Target("production", "overlays/production", 7, 6, 5),), (DENIAL, WARNING, WAIVED))
REVISION = Revision(
    2, SHA, "2026-01-02T03:04:05+00:00", "Ann", "change", (Image("shop/web", "reg/web", Version("1.1", DIGEST)),),
    frozenset({"shop/web"}),
)  # fmt: skip


def as_report(verdict: Verdict) -> CheckReport:
    return CheckReport(verdict, Matrix(()), ())


def test_plan_json() -> None:
    change = {
        "service": "web", "image": "shop/web",
        "old": {"tag": "1.0", "digest": None}, "new": {"tag": "1.1", "digest": DIGEST},
    }  # fmt: skip
    planned: dict[str, object] = {
        "from": "staging", "to": "production", "changes": [change],
        "gates": [{
            "name": "hold", "subject": "web", "passed": False, "reason": "slow", "until": None, "despite": None,
        }],
        "soak": None, "combination": None, "freeze": None, "despite": {},
        "unmoved": [], "unused": [], "shared": [], "settings": [], "findings": [],
    }  # fmt: skip
    nothing = {"branch": None, "commit": None, "pull_request": None, "changed": False}
    assert plans.plan_json(PLAN, Published()) == planned | nothing
    done = {"branch": "b", "commit": SHA, "pull_request": {"number": 7, "url": "https://forge/7"}, "changed": True}
    assert plans.plan_json(PLAN, Published("b", SHA, PULL, changed=True)) == planned | done


def test_what_was_measured_is_in_the_plan() -> None:
    end = datetime(2026, 11, 30, 5, tzinfo=UTC)
    remarks = ("web ran in staging for 1 d 2 h, from 0123456789ab on", "this set never ran together in staging")
    plan = replace(
        PLAN,
        gates=(GateResult("freeze", "production", True, "weekend", end, "it is down"),),
        facts=UNKNOWN | {"soak": {"environment": "staging"}},
        remarks=remarks,
        despite={"freeze": "it is down"},
    )
    answer = plans.plan_json(plan, Published())
    assert answer["gates"][0] | {"name": ""} == {
        "name": "", "subject": "production", "passed": True, "reason": "weekend",
        "until": "2026-11-30T05:00:00Z", "despite": "it is down",
    }  # fmt: skip
    assert (answer["soak"], answer["despite"]) == ({"environment": "staging"}, {"freeze": "it is down"})
    assert answer["combination"] is None
    said = (*remarks, "passed freeze production: weekend; despite it: it is down")
    assert lacking(plans.plan_text(plan), *said) == []


def test_verdict_json() -> None:
    found = verdicts.verdict_json(VERDICT)
    assert found["targets"] == [
        {"name": "production", "path": "overlays/production", "documents": 7, "evaluated": 6, "validated": 5}
    ]
    assert found["summary"] == {"deny": 1, "warn": 1, "waived": 1}
    who = {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "web"}
    assert found["findings"][0] == {
        "rule": "a.b", "level": "deny", "target": "production", "resource": who, "container": "c",
        "message": "50%, bad:\nvery | bad", "fix": "mend it", "source": {"file": "a,b.yaml", "line": 3},
        "waiver": None,
    }  # fmt: skip
    assert found["findings"][1]["source"] is None
    assert found["findings"][2]["waiver"] == asdict(WAIVER)
    json.dumps(found)


def test_revision_json() -> None:
    assert plans.revision_json(REVISION, {"shop/web": "web"}) == {
        "revision": 2, "commit": SHA, "when": "2026-01-02T03:04:05+00:00", "author": "Ann", "subject": "change",
        "changed": ["web"],
        "images": [{"service": "web", "image": f"reg/web:1.1@{DIGEST}", "tag": "1.1", "digest": DIGEST}],
    }  # fmt: skip
    assert plans.revision_json(REVISION, {})["changed"] == ["shop/web"]


def lacking(lines: list[str], *facts: str) -> list[str]:
    text = "\n".join(lines)
    return [fact for fact in facts if fact not in text]


def test_verdict_text() -> None:
    lines = verdicts.verdict_text(VERDICT)
    facts = (
        "DENY",
        "a.b",
        "a,b.yaml:3",
        "50%, bad:",
        "fix: mend it",
        "WARN",
        "c.d",
        "odd",
        "7 documents",
        "1 denied",
    )
    assert lacking(lines, *facts) == []


def test_plan_text() -> None:
    lines = plans.plan_text(PLAN)
    assert lacking(lines, "staging → production", "a note", "web", "1.0", "1.1", "CLOSED", "hold", "slow") == []
    assert lacking(plans.plan_text(NOTHING), "nothing to do", "production", "a note") == []
    assert plans.plan_text(Plan("", "staging", (CHANGE,)))[0].startswith("staging: ")


def test_proposal_text() -> None:
    where = Environment("production", "overlays/production")
    move = Difference(WHO, "/image", "shop/web:1.0", "shop/web:1.1")
    context = Context(PLAN, (), datetime(2026, 11, 30, tzinfo=UTC))
    whole = Proposal(Tip(SHA, "origin/main"), where, PLAN, context, {}, (move,), VERDICT)
    facts = ("@@ Deployment/shop/web", "- /image: shop/web:1.0", "+ /image: shop/web:1.1", "a.b")
    assert lacking(plans.proposal_text(whole), *facts) == []
    bare = Proposal(Tip(SHA, "origin/main"), where, NOTHING, context, {})
    assert plans.proposal_text(bare) == plans.plan_text(NOTHING)


def test_published_text() -> None:
    assert plans.published_text(Published()) == []
    lines = plans.published_text(Published("b", SHA, PULL, changed=True))
    assert lacking(lines, "pushed", SHA[:12], "on b", "#7", "title", "https://forge/7") == []
    assert lacking(plans.published_text(Published("b", SHA, kept=True)), "already there") == []


def test_history_text() -> None:
    first = Revision(1, "f" * 40, "2026-01-01T00:00", "Ann", "begin", REVISION.images, frozenset())
    lines = plans.history_text([first, REVISION], {"shop/web": "web"})
    assert lacking(lines, "2026-01-02T03:04", SHA[:12], "change", "web", "1.1", "begin") == []
    # The newest first.
    assert "\n".join(lines).index("change") < "\n".join(lines).index("begin")
    assert plans.history_text([], {}) == ["no revision yet"]


def test_github_commands_are_escaped() -> None:
    lines = github.lines(as_report(VERDICT))
    assert lines[0] == ("::error file=a%2Cb.yaml,line=3,title=a.b::50%25, bad:%0Avery | bad. Fix: mend it")
    assert lines[1] == "::warning title=c.d::odd"
    assert lacking(lines, "production: 7 documents") == []


def test_markdown_cells_are_escaped() -> None:
    lines = markdown.lines(as_report(VERDICT))
    assert "| deny | a.b | a,b.yaml:3 | 50%, bad: very &#124; bad | mend it |" in lines
    assert "| production | 7 | 5 | 6 |" in lines
    assert markdown.lines(as_report(Verdict(VERDICT.targets, ())))[-1] == "| production | 7 | 5 | 6 |"
