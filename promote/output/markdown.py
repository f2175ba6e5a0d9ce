"""A verdict in Markdown, for a job summary or a comment."""

from __future__ import annotations

from collections.abc import Sequence

from promote.checks import coverage
from promote.checks.findings import Finding
from promote.output import markup, wording
from promote.output.report import CheckReport
from promote.output.verdicts import compared_lines, remedy


def lines(report: CheckReport) -> list[str]:
    """A verdict for a job summary or a comment."""
    verdict = report.verdict
    targets = [(one.name, str(one.documents), str(one.validated), str(one.evaluated)) for one in verdict.targets]
    said = [*compared_lines(verdict), *coverage.summary(report.seen)]
    found = [
        wording.verdict_line(verdict),
        *(["", *map(markup.inline, said)] if said else []),
        "",
        *_table(("target", "documents", "validated", "evaluated"), targets),
    ]
    rows = []
    for one in verdict.findings:
        level = "waived" if one.waiver else one.level
        rows.append((f"{one.status} {level}".strip(), *_about(one), remedy(one)))
    rows += [("fixed", *_about(one), "") for one in verdict.fixed]
    return [*found, "", *_table(("level", "rule", "where", "what", "fix"), rows)] if rows else found


def _about(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, str(finding.source or ""), finding.message


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [_row(head), _row(["---"] * len(head)), *(_row([markup.inline(text) for text in row]) for row in rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
