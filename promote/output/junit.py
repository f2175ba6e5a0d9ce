"""A verdict as JUnit XML: a suite for each target, a test case for each rule. It has no times: none is measured.

https://github.com/testmoapp/junitxml describes what readers of it have in common. Not junitparser: version 5.0 writes
a time for every suite, though none was measured.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from promote.checks.findings import Finding
from promote.output.report import CheckReport
from promote.system import printable

# What XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def lines(report: CheckReport) -> list[str]:
    """The verdict as the lines of an XML document, about the rules in `only` where any are named.

    A denial fails its case, a waived one skips it, a warning is printed by it. A rule that had nothing to judge has
    not passed: its case is skipped too.
    """
    verdict, rules, seen, only = report.verdict, report.rules, report.seen, report.only
    own = [rule.id for rule in rules if not rule.file]
    titles = {rule.id: rule.title for rule in rules}
    root = ElementTree.Element("testsuites", name="promote check")
    for target in verdict.targets:
        found = [one for one in verdict.findings if one.target == target.name]
        asked = {name for name in (*target.rules, *own) if not only or name in only}
        idle = {row.rule for row in seen.rows if row.target == target.name and row.applied == 0}
        suite = ElementTree.SubElement(root, "testsuite", name=_text(target.name))
        for name in sorted(asked | {one.rule for one in found}):
            title = f"{name}: {titles[name]}" if titles.get(name) else name
            topic = f"{target.name}.{name.partition('.')[0]}"
            case = ElementTree.SubElement(suite, "testcase", classname=_text(topic), name=_text(title))
            _outcome(case, [one for one in found if one.rule == name], verdict.denials, name in idle)
        _count(suite)
    ElementTree.indent(root)
    return ['<?xml version="1.0" encoding="UTF-8"?>', *ElementTree.tostring(root, "unicode").splitlines()]


def _count(suite: ElementTree.Element) -> None:
    counts = {"tests": "testcase", "failures": "testcase/failure", "skipped": "testcase/skipped"}
    for attribute, path in counts.items():
        suite.set(attribute, str(len(suite.findall(path))))
    suite.set("errors", "0")


def _outcome(case: ElementTree.Element, found: list[Finding], against: Sequence[Finding], idle: bool) -> None:
    denials = [one for one in found if one in against]
    waived = [one for one in found if one.waiver]
    if denials:
        # One failure a case is all that most readers take; its text has every finding.
        failure = ElementTree.SubElement(case, "failure", type="deny", message=_text(_summary(denials)))
        failure.text = _text("\n".join(map(_line, denials)))
    elif waived:
        ElementTree.SubElement(case, "skipped", message=_text(_summary(waived)))
    elif idle:
        ElementTree.SubElement(case, "skipped", message="there was nothing for this rule to judge")
    if others := [one for one in found if one not in denials]:
        ElementTree.SubElement(case, "system-out").text = _text("\n".join(map(_line, others)))


def _summary(found: list[Finding]) -> str:
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{found[0].waiver or found[0].message}{more}"


def _line(finding: Finding) -> str:
    place = f"{finding.source}: " if finding.source else ""
    remedy = str(finding.waiver) if finding.waiver else f"fix: {finding.fix}"
    return f"{finding.level} {place}{finding.message}\n  {remedy}"


def _text(text: str) -> str:
    return printable.shown(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))
