"""How a verdict of the checks is shown: as JSON, as text, as GitHub annotations, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promote.checks import coverage
from promote.checks.coverage import Matrix
from promote.checks.findings import Finding, Verdict, Waiver
from promote.model import Identity
from promote.output import wording

Json = dict[str, Any]
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
            **(_since_base(verdict) if verdict.base else {}),
        },
        **compared,
    }  # fmt: skip


def _since_base(verdict: Verdict) -> dict[str, int]:
    """How many findings, waived ones left out, are new, old and fixed."""
    stand = [one.status for one in verdict.findings if not one.waiver]
    return {"new": stand.count("new"), "old": stand.count("old"), "fixed": len(verdict.fixed)}


def finding_json(finding: Finding) -> Json:
    """A finding as JSON."""
    return {
        "rule": finding.rule,
        "level": finding.level,
        "target": finding.target,
        "resource": identity_json(finding.resource),
        "container": finding.container,
        "message": finding.message,
        "fix": finding.fix,
        "source": finding.source and {"file": finding.source.file, "line": finding.source.line},
        "waiver": finding.waiver and _waiver_json(finding.waiver),
        **({"status": finding.status} if finding.status else {}),
    }


def _waiver_json(waiver: Waiver) -> Json:
    return {"reason": waiver.reason, "owner": waiver.owner, "ticket": waiver.ticket, "expires": waiver.expires}


def identity_json(who: Identity) -> Json:
    """An object's identity as JSON."""
    return {"apiVersion": who.api_version, "kind": who.kind, "namespace": who.namespace, "name": who.name}


def verdict_text(verdict: Verdict, seen: Matrix | None = None) -> list[str]:
    """A verdict for people: each finding with its place and its remedy, then what was seen and by which rules."""
    lines = []
    for finding in verdict.findings:
        place = f"  {finding.source}" if finding.source else ""
        level = "WAIVED" if finding.waiver else f"{finding.level.upper():5}"
        status = f"  ({finding.status})" if finding.status else ""
        lines += [f"{level} {finding.rule}{place}{status}", f"      {finding.message}"]
        if finding.waiver:
            lines.append(f"      {finding.waiver}")
        elif finding.fix:
            lines.append(f"      fix: {finding.fix}")
    for finding in verdict.fixed:
        lines += [f"FIXED {finding.rule}", f"      {finding.message}"]
    return [*lines, *_seen(verdict, seen)]


def _seen(verdict: Verdict, seen: Matrix | None) -> list[str]:
    lines = [*_compared(verdict), *(coverage.summary(seen) if seen else [])]
    lines += [
        f"{one.name}: {one.documents} documents rendered, {one.validated} validated, {one.evaluated} evaluated"
        for one in verdict.targets
    ]
    lines += [f"{one.name}: not looked at: {_few(one.unread)}" for one in verdict.targets if one.unread]
    return [*lines, wording.counted(verdict)]


def _few(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _compared(verdict: Verdict) -> list[str]:
    """What has changed since the base, in one line."""
    if not verdict.base:
        return []
    counts = ", ".join(f"{number} {status}" for status, number in _since_base(verdict).items())
    note = f" ({verdict.base.note})" if verdict.base.note else ""
    return [f"since {verdict.base.commit[:12]}: {counts}{note}"]


def verdict_github(verdict: Verdict, seen: Matrix | None = None) -> list[str]:
    """A verdict as workflow commands that GitHub shows beside the source lines.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    lines = []
    for finding in verdict.findings:
        level = "notice" if finding.waiver else "error" if finding.level == "deny" else "warning"
        place = f"file={_property(finding.source.file)},line={finding.source.line}," if finding.source else ""
        title = f"{finding.rule} ({finding.status})" if finding.status else finding.rule
        text = f"{finding.message}. {_remedy(finding, 'Fix: ')}".removesuffix(". ")
        lines.append(f"::{level} {place}title={_property(title)}::{_escaped(text)}")
    return [*lines, *_seen(verdict, seen)]


def _remedy(finding: Finding, before: str = "") -> str:
    """What mends a finding or, where it is waived, why it need not be mended now."""
    if finding.waiver:
        return str(finding.waiver)
    return before + finding.fix if finding.fix else ""


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def verdict_markdown(verdict: Verdict, seen: Matrix | None = None) -> list[str]:
    """A verdict for a job summary or a comment."""
    targets = [(one.name, str(one.documents), str(one.validated), str(one.evaluated)) for one in verdict.targets]
    said = [*_compared(verdict), *(coverage.summary(seen) if seen else [])]
    lines = [
        wording.verdict_line(verdict),
        *(["", *map(_cell, said)] if said else []),
        "",
        *_table(("target", "documents", "validated", "evaluated"), targets),
    ]
    findings = [(_standing(one), *_about(one), _remedy(one)) for one in verdict.findings]
    findings += [("fixed", *_about(one), "") for one in verdict.fixed]
    return [*lines, "", *_table(("level", "rule", "where", "what", "fix"), findings)] if findings else lines


def _standing(finding: Finding) -> str:
    return " ".join(filter(None, (finding.status, "waived" if finding.waiver else finding.level)))


def _about(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, str(finding.source or ""), finding.message


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [_row(head), _row(["---"] * len(head)), *map(_row, [[_cell(text) for text in row] for row in rows])]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """`text` as one cell: no character of it means anything to Markdown's tables or to HTML."""
    for character, written in (("&", "&amp;"), ("<", "&lt;"), ("|", "&#124;"), ("`", "&#96;"), ("\n", " ")):
        text = text.replace(character, written)
    return text
