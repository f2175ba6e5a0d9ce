"""What kubeconform and conftest answered, as findings, and the verdict over them.

The verdict is never better than what was seen: every document that was rendered must have been validated
by every schema set and evaluated by at least one rule, or the check fails whatever the programs said.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from promote.checks import api_forms
from promote.errors import RenderError, nearest
from promote.model import Document, Identity, Source

Level = Literal["deny", "warn"]
NOWHERE = Identity("", "", "", "")
MISSING_SCHEMA = (
    "correct apiVersion and kind; for a custom resource run `make setup`, or put its schema at "
    "<group>/<kind>_<version>.json in a folder that `schemas:` in promote.yaml names"
)
_FAULT = re.compile(r"- at '((?:[^'\\]|\\.)*)': (.*?)(?=\s+- at '|$)", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'")
_UNKNOWN = re.compile(r"^additional property '(.*)'$")
_WITHOUT_FORM = re.compile(rf"^{_QUOTED.pattern} does not match pattern ({_QUOTED.pattern})$", re.DOTALL)
_LEVELS: dict[Level, str] = {"deny": "failures", "warn": "warnings"}
_TOLD: dict[Level, str] = {"deny": "denied", "warn": "warned"}
# The namespaces that conftest is asked for; the second says what took part.
MAIN, EVALUATION = "main", "evaluation"
# And the one about a change, which has an input of its own.
CHANGES = "changes"
# What these find is that something was not looked at: it is reported whatever was asked for.
_ALWAYS = ("check.", "main.", "schema.missing", "schema.unreadable")
_BRANCHES = ("validation failed", "anyOf failed", "oneOf failed", "allOf failed")


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why a finding may stand, who answers for it, and the last day (ISO 8601) on which it may."""

    reason: str
    owner: str
    ticket: str
    expires: str

    def __str__(self) -> str:
        return f"waived until {self.expires} by {self.owner} ({self.ticket}): {self.reason}"


@dataclass(frozen=True, slots=True)
class Mend:
    """The one certain way to mend a fault: what belongs at its path, as JSON, or that nothing does."""

    value: str
    remove: bool = False


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
    waiver: Waiver | None = None
    path: str = ""  # a JSON pointer to the fault within the rendered resource
    status: Literal["", "new", "old"] = ""  # compared with a base, where there is one
    mend: Mend | None = None
    place: str = ""  # the path with items of lists by their names, which stay when their positions change


@dataclass(frozen=True, slots=True)
class Target:
    """One checked folder, how many of its documents each stage has seen, and the ids of the rules that took part.

    `subjects` are the resources that rules judge, by the class of them or by the one rule that judges them; `unread`
    are the files in a folder of manifests that are none.
    """

    name: str
    path: str
    documents: int
    evaluated: int
    validated: int
    rules: tuple[str, ...] = ()
    subjects: Mapping[str, frozenset[Identity]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How many documents the rules saw, which rules there were, what they judged, and what they found."""

    documents: int
    rules: tuple[str, ...]
    subjects: Mapping[str, frozenset[Identity]]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Base:
    """The commit that findings were compared with, and why that says little, if it does."""

    commit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything a check has to say; `fixed` is what stood at the base and is gone.

    Where `forgives_old` is set, only what is new stands against the manifests.
    """

    targets: tuple[Target, ...]
    findings: tuple[Finding, ...]
    base: Base | None = None
    fixed: tuple[Finding, ...] = ()
    forgives_old: bool = False

    def count(self, level: Level) -> int:
        """How many findings of `level` are not waived."""
        return sum(finding.level == level and finding.waiver is None for finding in self.findings)

    @property
    def waived(self) -> int:
        """How many findings are waived."""
        return sum(finding.waiver is not None for finding in self.findings)

    @property
    def denials(self) -> list[Finding]:
        """The findings that stand against these manifests."""
        forgiven = "old" if self.forgives_old else None
        return [one for one in self.findings if one.level == "deny" and not one.waiver and one.status != forgiven]

    @property
    def denied(self) -> bool:
        """Whether anything stands against these manifests."""
        return bool(self.denials)


def from_kubeconform(
    resources: Iterable[Mapping[str, Any]], target: str, known: Iterable[Document]
) -> tuple[int, list[Finding]]:
    """How many of the `known` documents kubeconform's answer says it has validated, and what it found."""
    waiting: dict[tuple[str, str, str], list[Identity]] = {}
    for document in known:
        waiting.setdefault(_as_kubeconform_says(document), []).append(document.identity)
    validated, findings = 0, []
    for resource in resources:
        key = (resource["version"], resource["kind"], resource["name"])
        # It does not say the namespace, but answers in the order of the documents.
        same = waiting.get(key)
        validated += bool(same) and resource["status"] in ("statusValid", "statusInvalid")
        who = same.pop(0) if same else Identity(key[0], key[1], "", key[2])
        if resource["status"] != "statusValid":
            findings.extend(_schema_findings(resource, target, who))
    return validated, findings


def _as_kubeconform_says(document: Document) -> tuple[str, str, str]:
    who = document.identity
    metadata = document.content.get("metadata")
    prefix = metadata.get("generateName") if isinstance(metadata, Mapping) and not who.name else None
    return who.api_version, who.kind, f"{prefix}{{{{ generateName }}}}" if prefix else who.name


def _schema_findings(resource: Mapping[str, Any], target: str, who: Identity) -> list[Finding]:
    if resource["status"] == "statusInvalid":
        return [_schema_finding(who, target, *fault) for fault in _faults(resource["msg"])]
    if "could not find schema" in resource["msg"]:
        message = f"{who}: there is no schema for {who.api_version} {who.kind}"
        return [Finding("schema.missing", "deny", target, who, message, MISSING_SCHEMA, path="/kind")]
    message = f"{who}: it could not be validated: {resource['msg']}"
    return [Finding("schema.unreadable", "deny", target, who, message, "make it a valid manifest")]


def _schema_finding(who: Identity, target: str, path: str, fault: str) -> Finding:
    if unknown := _UNKNOWN.search(fault):
        field = unknown[1].replace("~", "~0").replace("/", "~1")
        message = f"{who}: at {path or '/'}: the field '{unknown[1]}' is unknown"
        fix = "remove the unknown field, or correct its spelling or its place"
        return Finding("schema.invalid", "deny", target, who, message, fix, path=f"{path}/{field}")
    if (form := _WITHOUT_FORM.search(fault)) and (words := api_forms.WORDS.get(_unquoted(form[1][1:-1]))):
        return Finding("schema.invalid", "deny", target, who, f"{who}: at {path}: {words[0]}", words[1], path=path)
    fix = f"give {path or 'the object'} the type and value that the schema asks for"
    return Finding("schema.invalid", "deny", target, who, f"{who}: at {path or '/'}: {fault}", fix, path=path)


def _faults(message: str) -> list[tuple[str, str]]:
    """Where and what, for every leaf of the tree of faults that kubeconform writes as one line.

    Its list `validationErrors` has the root of that tree only, "validation failed", where there are several.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for quoted, text in _FAULT.findall(message):
        path, fault = _unquoted(quoted), text.strip()
        if fault.startswith("additional properties "):
            for name in _QUOTED.findall(fault):
                found[path, name] = [f"additional property {_unquoted(name)}"]
        elif not fault.startswith(_BRANCHES):
            found.setdefault((path, ""), []).append(fault)
    return [(path, " or ".join(faults)) for (path, _), faults in found.items()] or [("", message)]


def _unquoted(text: str) -> str:
    return text.replace("\\'", "'").replace("\\\\", "\\")


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


def from_conftest(answers: Iterable[Mapping[str, Any]], target: str) -> Evaluation:
    """What conftest answered; no rule took part where nothing gathers what rules find."""
    findings: list[Finding] = []
    record: Mapping[str, Any] = {}
    gathered = False
    for answer in answers:
        results = [(level, one) for level, key in _LEVELS.items() for one in answer.get(key) or ()]
        if answer["namespace"] == EVALUATION:
            record = next((one["metadata"] for _, one in results if one.get("metadata")), {})
        else:
            gathered = bool(results) or answer["successes"] > 0
            findings += [_rule_finding(level, one, target) for level, one in results]
    # Asked to tell everything once, the rules' own main leaves its findings to the record.
    for level, key in _TOLD.items():
        findings += [
            _rule_finding(level, {"msg": one["msg"], "metadata": one}, target) for one in record.get(key, ())
        ]
    # Rules that nothing gathers are as good as none.
    rules = tuple(map(str, record.get("rules", ()))) if gathered else ()
    return Evaluation(
        int(record.get("documents", 0)), rules, _subjects(record.get("subjects") or {}), tuple(findings)
    )


def _subjects(record: Mapping[str, Any]) -> dict[str, frozenset[Identity]]:
    classes = {
        name: frozenset(Identity(*who) for who in record.get(name, ()))
        for name in ("containers", "pods", "resources")
    }
    namespaces = frozenset(Identity("v1", "Namespace", "", name) for name in record.get("namespaces", ()))
    own = {rule: frozenset(Identity(*who) for who in found) for rule, found in record.get("own", {}).items()}
    return {**classes, "namespaces": namespaces, **own}


def _rule_finding(level: Level, result: Mapping[str, Any], target: str) -> Finding:
    metadata = result.get("metadata") or {}
    given = metadata.get("resource") or {}
    who = Identity(*(str(given.get(key) or "") for key in ("apiVersion", "kind", "namespace", "name")))
    rule, fix, container, path = (str(metadata.get(key) or "") for key in ("rule", "fix", "container", "path"))
    mend = _mend(metadata.get("mend"))
    return Finding(rule or "rule.unnamed", level, target, who, result["msg"], fix, container, path=path, mend=mend)


def _mend(said: Any) -> Mend | None:
    if not isinstance(said, Mapping) or not said.keys() & {"remove", "set"}:
        return None
    return Mend(json.dumps(said.get("set")), remove="set" not in said)


def unseen(target: Target, validated: Mapping[str, int], expected: int = 1) -> list[Finding]:
    """Denials for every document that some stage did not see, and for missing ones of the `expected` rules."""
    if target.documents == 0:
        nothing = f"{target.name}: no document was rendered"
        return [Finding("check.nothing", "deny", target.name, NOWHERE, nothing, "name a folder that holds manifests")]
    faults = []
    if not target.rules:
        faults.append(("check.no_rules", "no rule was evaluated", "point `policies:` in promote.yaml at the rules"))
    elif len(target.rules) < expected:
        count = f"{len(target.rules)} of {expected} rules were evaluated"
        faults.append(("check.no_rules", count, "give every package under `rules` a deny or a warn"))
    if target.evaluated != target.documents and target.rules:
        count = f"{target.evaluated} of {target.documents} documents were evaluated by the rules"
        faults.append(("check.unevaluated", count, "report this: a document must not escape the rules"))
    for number in sorted(set(validated.values()) - {target.documents}):
        versions = ", ".join(version for version, seen in validated.items() if seen == number)
        count = f"{number} of {target.documents} documents were validated against Kubernetes {versions}"
        faults.append(("check.unvalidated", count, "see the findings `schema.*` beside this one"))
    return [
        Finding(rule, "deny", target.name, NOWHERE, f"{target.name}: {fault}", fix) for rule, fault, fix in faults
    ]


def unrendered(target: str, path: str, error: RenderError) -> Verdict:
    """The verdict on a target that could not even be read."""
    source = Source(*error.place) if error.place else None
    remedy = "mend that, then check again: nothing else was looked at"
    finding = Finding("check.unrendered", "deny", target, NOWHERE, str(error), remedy, source=source)
    return Verdict((Target(target, path, 0, 0, 0),), (finding,))


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings without repetition, denials first, in an order that does not depend on the machine."""
    return tuple(sorted(dict.fromkeys(findings), key=_order))


def _order(finding: Finding) -> tuple[Any, ...]:
    source = finding.source or Source("", 0)
    return (
        finding.level,
        finding.target,
        # Behind what it is a consequence of.
        finding.rule.startswith("check."),
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


def unread(files: Iterable[str], target: str) -> list[Finding]:
    """A warning for every file that looks like a manifest and is not called like one."""
    fix = "end its name in .yaml, .yml or .json, or keep it elsewhere"
    return [
        Finding("check.unread", "warn", target, NOWHERE, f"{file} looks like a manifest and was not read", fix)
        for file in files
    ]


def unknown_rule(name: str, known: Iterable[str]) -> str:
    """What to say of a name that no rule has."""
    hint = nearest(name, known)
    return f"there is no rule '{name}'{hint if 'did you mean' in hint else '; `promote policies` lists them'}"


def is_about_seeing(rule: str) -> bool:
    """Whether a finding of `rule` says that something was not looked at."""
    return rule.startswith(_ALWAYS)


def restricted(findings: Iterable[Finding], rules: Iterable[str]) -> list[Finding]:
    """The findings of `rules` only, where any are named, and of the checks that nothing escaped."""
    kept = frozenset(rules)
    return [one for one in findings if not kept or one.rule in kept or is_about_seeing(one.rule)]
