"""A verdict in the Static Analysis Results Interchange Format, which code scanning of the forges reads.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import quote

from promote import __version__
from promote.checks import baseline
from promote.checks.findings import Finding, Verdict
from promote.checks.rules import Rule
from promote.output.report import CheckReport
from promote.output.values import Json

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"deny": "error", "warn": "warning"}
# GitHub calls 7.0 and more high, 4.0 and more medium; nothing here is so bad that it would be critical.
_SECURITY = {"high": "8.0", "medium": "5.5", "low": "3.0"}
# A compared finding without a status was at the base only.
_STATES = {"new": "new", "old": "unchanged", "": "absent"}
_ROOT = "%SRCROOT%"


def lines(report: CheckReport) -> list[str]:
    """The report as SARIF, indented."""
    return json.dumps(log(report.verdict, report.rules), indent=2).splitlines()


def log(verdict: Verdict, rules: Sequence[Rule]) -> Json:
    """The verdict as one run of one tool; `rules` are described whether or not they found something."""
    found = [*verdict.findings, *verdict.fixed]
    unknown = sorted({one.rule for one in found} - {rule.id for rule in rules})
    index = {name: number for number, name in enumerate([*(rule.id for rule in rules), *unknown])}
    paths = {target.name: target.path for target in verdict.targets}
    prints = baseline.fingerprints(found)
    driver = {
        "name": "promote",
        "semanticVersion": __version__,
        "rules": [*map(_rule, rules), *({"id": name} for name in unknown)],
    }
    results = [
        {"ruleIndex": index[finding.rule], **_result(finding, mark, paths.get(finding.target, "."))}
        for finding, mark in zip(found, prints, strict=True)
    ]
    if verdict.base:
        for result, finding in zip(results, found, strict=True):
            result["baselineState"] = _STATES[finding.status]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder of promote.yaml."}}},
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> Json:
    said: Json = {
        "id": rule.id,
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": rule.description},
        "help": {
            "text": f"{rule.description}\nFix: {rule.fix}.",
            "markdown": f"{rule.description}\n\n**Fix**: {rule.fix}.",
        },
        "defaultConfiguration": {"level": _LEVELS["deny" if "deny" in rule.levels else "warn"]},
        "properties": {"tags": [rule.id.partition(".")[0]]},
    }
    if rule.severity in _SECURITY:
        said["properties"]["security-severity"] = _SECURITY[rule.severity]
    return said | ({"helpUri": rule.docs} if rule.docs else {})


def _result(finding: Finding, mark: str, path: str) -> Json:
    said: Json = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.level],
        "message": {"text": f"{finding.message}. Fix: {finding.fix}." if finding.fix else f"{finding.message}."},
        "locations": [_location(finding, path)],
        "partialFingerprints": {"promote/v1": mark},
        "properties": {"target": finding.target},
    }
    # An empty list says that nothing is suppressed; without it, nobody would know.
    suppressions: list[Json] = []
    if waiver := finding.waiver:
        suppressions.append(
            {
                "kind": "external",
                "status": "accepted",
                "justification": str(waiver),
                "properties": {"owner": waiver.owner, "ticket": waiver.ticket, "expires": waiver.expires},
            }
        )
    return said | {"suppressions": suppressions}


def _location(finding: Finding, path: str) -> Json:
    """The line or, for what no file says, the checked folder: code scanning takes nothing without a place."""
    file = finding.source.file if finding.source else path
    is_absolute = PurePosixPath(file).is_absolute()
    artifact = {"uri": f"file://{quote(file)}"} if is_absolute else {"uri": quote(file), "uriBaseId": _ROOT}
    physical: Json = {"artifactLocation": artifact}
    if finding.source:
        physical["region"] = {"startLine": finding.source.line}
    location: Json = {"physicalLocation": physical}
    if who := str(finding.resource):
        name = f"{who}/{finding.container}" if finding.container else who
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "resource"}]
    return location
