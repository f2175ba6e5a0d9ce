"""A verdict as workflow commands, which GitHub shows next to the source lines."""

from __future__ import annotations

from promote.output.report import CheckReport
from promote.output.verdicts import remedy, seen_lines
from promote.system import printable

_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}


def lines(report: CheckReport) -> list[str]:
    """A verdict as workflow commands that GitHub shows next to the source lines.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    found = []
    for finding in report.verdict.findings:
        level = "notice" if finding.waiver else "error" if finding.level == "deny" else "warning"
        place = f"file={_property(finding.source.file)},line={finding.source.line}," if finding.source else ""
        title = f"{finding.rule} ({finding.status})" if finding.status else finding.rule
        text = f"{finding.message}. {remedy(finding, 'Fix: ')}".removesuffix(". ")
        found.append(f"::{level} {place}title={_property(title)}::{_escaped(text)}")
    return [*found, *map(printable.harmless, seen_lines(report.verdict, report.seen))]


def _escaped(text: str) -> str:
    # Hidden characters are escaped, too: what GitHub shows next to a line is copied into terminals.
    return "".join(_ESCAPES.get(one) or printable.shown(one) for one in text)


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
