"""A verdict of the checks as JSON that other programs rely on, and as text for people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from promote.checks import coverage
from promote.checks.coverage import Matrix
from promote.checks.findings import Finding, Verdict
from promote.model import Identity
from promote.output import wording
from promote.output.values import Json
from promote.system import printable

_SHOWN = 5


def verdict_json(verdict: Verdict) -> Json:
    """A verdict as JSON."""
    compared: Json = {}
    if verdict.base:
        compared["base"] = {"commit": verdict.base.commit, "note": verdict.base.note}
        compared["fixed"] = [finding_json(finding) for finding in verdict.fixed]
    return {
        "targets": [
            {"name": one.name, "path": one.path, "documents": one.documents,
             "evaluated": one.evaluated, "validated": one.validated,
             **({"unread": list(one.unread)} if one.unread else {})}
            for one in verdict.targets
        ],
        "findings": [finding_json(finding) for finding in verdict.findings],
        "summary": {
            "deny": verdict.count("deny"),
            "warn": verdict.count("warn"),
            "waived": verdict.waived,
            **(since_base(verdict) if verdict.base else {}),
        },
        **compared,
    }  # fmt: skip


def since_base(verdict: Verdict) -> dict[str, int]:
    """How many findings, waived ones left out, are new, old and fixed."""
    stand = [one.status for one in verdict.findings if not one.waiver]
    return {"new": stand.count("new"), "old": stand.count("old"), "fixed": len(verdict.fixed)}


def finding_json(finding: Finding) -> Json:
    """A finding as JSON."""
    source, waiver = finding.source, finding.waiver
    return {
        "rule": finding.rule,
        "level": finding.level,
        "target": finding.target,
        "resource": identity_json(finding.resource),
        "container": finding.container,
        "message": finding.message,
        "fix": finding.fix,
        "source": source and {"file": source.file, "line": source.line},
        "waiver": waiver
        and {"reason": waiver.reason, "owner": waiver.owner, "ticket": waiver.ticket, "expires": waiver.expires},
        **({"status": finding.status} if finding.status else {}),
        **({"objects": [identity_json(who) for who in finding.objects]} if finding.objects else {}),
    }


def identity_json(who: Identity) -> Json:
    """An object's identity as JSON."""
    return {"apiVersion": who.api_version, "kind": who.kind, "namespace": who.namespace, "name": who.name}


def verdict_text(verdict: Verdict, seen: Matrix | None = None) -> list[str]:
    """A verdict for people: each finding with its place and its remedy, then what was seen and by which rules.

    What several targets have from the same line is written once.
    """
    lines = []
    causes = _shared(verdict.findings)
    for finding, targets in causes:
        place = f"  {finding.source}" if finding.source else ""
        level = "WAIVED" if finding.waiver else f"{finding.level.upper():5}"
        status = f"  ({finding.status})" if finding.status else ""
        lines += [f"{level} {finding.rule}{place}{status}", f"      {finding.message}"]
        lines += [f"      in {', '.join(targets)}"] if len(targets) > 1 else []
        if finding.waiver:
            lines.append(f"      {finding.waiver}")
        elif finding.fix:
            lines.append(f"      fix: {finding.fix}")
    for finding in verdict.fixed:
        lines += [f"FIXED {finding.rule}", f"      {finding.message}"]
    if len(causes) < len(verdict.findings):
        number = printable.number_of(len(causes), "cause")
        lines.append(f"the {len(verdict.findings)} findings have {number}, listed once each")
    return [*lines, *seen_lines(verdict, seen)]


def _shared(findings: Sequence[Finding]) -> Collection[tuple[Finding, list[str]]]:
    """Each finding once, with the targets that have it from the same line of a file."""
    found: dict[object, tuple[Finding, list[str]]] = {}
    for number, one in enumerate(findings):
        same = (
            (one.rule, one.level, one.source, one.message, one.fix, one.status, one.waiver) if one.source else number
        )
        targets = found.setdefault(same, (one, []))[1]
        targets += [one.target] if one.target not in targets else []
    return found.values()


def introduced_text(verdict: Verdict) -> list[str]:
    """A verdict on a change for people: what it introduces, and in one line how much was there before."""
    new = tuple(one for one in verdict.findings if one.status != "old")
    return [*verdict_text(replace(verdict, findings=new)), *wording.old_lines(verdict)]


def seen_lines(verdict: Verdict, seen: Matrix | None) -> list[str]:
    """What was looked at, by which rules, and how many findings there are."""
    lines = [*compared_lines(verdict), *(coverage.summary(seen) if seen else [])]
    lines += [
        f"{one.name}: {printable.number_of(one.documents, 'document')} rendered, "
        f"{one.validated} validated, {one.evaluated} evaluated"
        for one in verdict.targets
    ]
    lines += [
        f"{one.name}: not looked at: {printable.some_of(one.unread, _SHOWN)}" for one in verdict.targets if one.unread
    ]
    return [*lines, wording.counted(verdict)]


def compared_lines(verdict: Verdict) -> list[str]:
    """What has changed since the base, in one line."""
    if not verdict.base:
        return []
    counts = ", ".join(f"{number} {status}" for status, number in since_base(verdict).items())
    note = f" ({verdict.base.note})" if verdict.base.note else ""
    return [f"since {verdict.base.commit[:12]}: {counts}{note}"]


def remedy(finding: Finding, before: str = "") -> str:
    """How to fix a finding or, where it is waived, why it may wait."""
    if finding.waiver:
        return str(finding.waiver)
    return before + finding.fix if finding.fix else ""
