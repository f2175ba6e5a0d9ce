"""What kubeconform and conftest answered, as findings, and the verdict over them.

The verdict is never better than what was seen: every document that was rendered must have been validated
by every schema set and evaluated by at least one rule, or the check fails whatever the programs said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from promote.documents import Identity, Source

Level = Literal["deny", "warn"]
NOWHERE = Identity("", "", "", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: which rule found it, in which object and container, and what mends it."""

    rule: str
    level: Level
    target: str
    resource: Identity
    message: str
    fix: str = ""
    container: str = ""
    source: Source | None = None
    waiver: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One checked folder, and how many of its documents each stage has seen."""

    name: str
    path: str
    documents: int
    evaluated: int
    validated: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything a check has to say."""

    targets: tuple[Target, ...]
    findings: tuple[Finding, ...]

    def count(self, level: Level) -> int:
        """How many findings of `level` are not waived."""
        return sum(finding.level == level and finding.waiver is None for finding in self.findings)

    @property
    def denied(self) -> bool:
        """Whether anything stands against these manifests."""
        return self.count("deny") > 0


def from_kubeconform(resources: Iterable[Mapping[str, Any]], target: str) -> tuple[int, list[Finding]]:
    """How many of the `resources` in kubeconform's answer were validated, and what was found."""
    validated, findings = 0, []
    for resource in resources:
        validated += resource["status"] in ("statusValid", "statusInvalid")
        if resource["status"] != "statusValid":
            findings.extend(_schema_findings(resource, target))
    return validated, findings


def _schema_findings(resource: Mapping[str, Any], target: str) -> list[Finding]:
    who = Identity(resource.get("version", ""), resource.get("kind", ""), "", resource.get("name", ""))
    if resource["status"] == "statusInvalid":
        faults = resource.get("validationErrors") or [{"path": "", "msg": resource["msg"]}]
        return [
            Finding("schema.invalid", "deny", target, who, _fault(who, fault), _schema_fix(fault)) for fault in faults
        ]
    if "could not find schema" in resource["msg"]:
        message = f"{who}: there is no schema for {who.api_version} {who.kind}"
        fix = "correct apiVersion and kind, or add the schema's folder to `schemas:` in promote.yaml"
        return [Finding("schema.missing", "deny", target, who, message, fix)]
    message = f"{who}: it could not be validated: {resource['msg']}"
    return [Finding("schema.unreadable", "deny", target, who, message, "make it a valid manifest")]


def _fault(who: Identity, fault: Mapping[str, str]) -> str:
    return f"{who}: at {fault.get('path') or '/'}: {fault['msg']}"


def across_versions(found: Mapping[str, Iterable[Finding]]) -> list[Finding]:
    """The findings by Kubernetes version as one list, each naming the versions that say so."""
    versions: dict[Finding, list[str]] = {}
    for version, findings in found.items():
        for finding in findings:
            versions.setdefault(finding, []).append(version)
    return [
        replace(finding, message=f"{finding.message} (Kubernetes {', '.join(dict.fromkeys(names))})")
        for finding, names in versions.items()
    ]


def _schema_fix(fault: Mapping[str, str]) -> str:
    if "additional" in fault["msg"]:
        return "remove the unknown field, or correct its spelling or its place"
    return f"give {fault.get('path') or 'the object'} the type and value that the schema asks for"


def from_conftest(answers: Iterable[Mapping[str, Any]], target: str) -> tuple[int, int, list[Finding]]:
    """How many documents the rules saw, how many rules there were, and what they found."""
    documents, rules, findings = 0, 0, []
    for answer in answers:
        for level, key in (("deny", "failures"), ("warn", "warnings")):
            for result in answer.get(key) or ():
                metadata = result.get("metadata") or {}
                if answer["namespace"] == "evaluation":
                    documents, rules = int(metadata["documents"]), len(metadata["rules"])
                else:
                    findings.append(
                        _rule_finding(result["msg"], metadata, "deny" if level == "deny" else "warn", target)
                    )
    return documents, rules, findings


def _rule_finding(message: str, metadata: Mapping[str, Any], level: Level, target: str) -> Finding:
    given = metadata.get("resource") or {}
    who = Identity(*(str(given.get(key) or "") for key in ("apiVersion", "kind", "namespace", "name")))
    rule = str(metadata.get("rule") or "rule.unnamed")
    return Finding(
        rule, level, target, who, message, str(metadata.get("fix", "")), str(metadata.get("container", ""))
    )


def unseen(target: Target, validated: Mapping[str, int], rules: int) -> list[Finding]:
    """Denials for every document that some stage did not see; empty when nothing escaped."""
    faults = []
    if target.documents == 0:
        faults.append(("check.nothing", "no document was rendered", "name a folder that holds manifests"))
    if rules == 0:
        faults.append(("check.no_rules", "no rule was evaluated", "point `policies:` in promote.yaml at the rules"))
    if target.evaluated != target.documents and rules:
        count = f"{target.evaluated} of {target.documents} documents were evaluated by the rules"
        faults.append(("check.unevaluated", count, "report this: a document must not escape the rules"))
    for version, number in validated.items():
        if number != target.documents:
            count = f"{number} of {target.documents} documents were validated against Kubernetes {version}"
            faults.append(("check.unvalidated", count, "see the findings `schema.*` beside this one"))
    return [
        Finding(rule, "deny", target.name, NOWHERE, f"{target.name}: {fault}", fix) for rule, fault, fix in faults
    ]


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings without repetition, denials first, in an order that does not depend on the machine."""
    return tuple(sorted(dict.fromkeys(findings), key=_order))


def _order(finding: Finding) -> tuple[Any, ...]:
    source = finding.source or Source("", 0)
    return (
        finding.level,
        finding.target,
        finding.rule,
        finding.resource,
        finding.container,
        source.file,
        finding.message,
    )


def repeated(identities: Iterable[Identity], target: str) -> list[Finding]:
    """A denial for every object that stands more than once: only the last would reach the cluster."""
    return [
        Finding("check.repeated", "deny", target, who, f"{who} stands {number} times", "keep one of them")
        for who, number in Counter(identities).items()
        if number > 1
    ]


def restricted(verdict: Verdict, rules: Iterable[str]) -> Verdict:
    """The verdict with the findings of `rules` only, and of the checks that nothing escaped."""
    kept = frozenset(rules)
    return Verdict(
        verdict.targets,
        tuple(one for one in verdict.findings if one.rule in kept or one.rule.startswith("check.")),
    )
