"""What conftest answered, as findings, and what the rules saw."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from promote.checks.findings import Correction, Finding, Level
from promote.model import Identity
from promote.system import printable

_LEVELS: dict[Level, str] = {"deny": "failures", "warn": "warnings"}
_TOLD: dict[Level, str] = {"deny": "denied", "warn": "warned"}
# The namespaces that conftest is asked for; the second says what took part.
MAIN, EVALUATION = "main", "evaluation"
# And the one about a change, which has an input of its own.
CHANGES = "changes"
# The functions that rules may use: none that reaches the network, a file, the environment, a clock or chance.
CAPABILITIES = Path(__file__).with_name("capabilities.json")
# A denial with this key and value is only a warning in the profile `general`.
_GENTLE = ("general", "warn")
# What rules call the namespace of objects that name none, and how many of these a message lists.
_UNNAMED = Identity("v1", "Namespace", "", "")
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How many documents the rules saw, which rules there were, what they judged, and what they found."""

    documents: int
    rules: tuple[str, ...]
    subjects: Mapping[str, frozenset[Identity]]
    findings: tuple[Finding, ...]


def from_conftest(
    answers: Iterable[Mapping[str, Any]], target: str, only_warn: Collection[str] | None = None
) -> Evaluation:
    """What conftest answered; no rule took part where nothing gathers what rules find.

    Unless `only_warn` is None, the denials of these rules are warnings, and so are those that say so themselves.
    """
    findings: list[Finding] = []
    record: Mapping[str, Any] = {}
    gathered = False
    for answer in answers:
        results = [(level, one) for level, key in _LEVELS.items() for one in answer.get(key) or ()]
        if answer["namespace"] == EVALUATION:
            record = next((one["metadata"] for _, one in results if one.get("metadata")), {})
        else:
            gathered = bool(results) or answer["successes"] > 0
            findings += [_rule_finding(level, one, target, only_warn) for level, one in results]
    # Asked to tell everything once, the rules' own main leaves its findings to the record.
    for level, key in _TOLD.items():
        findings += [
            _rule_finding(level, {"msg": one["msg"], "metadata": one}, target, only_warn)
            for one in record.get(key, ())
        ]
    # Rules that nothing gathers are as good as none.
    rules = tuple(map(str, record.get("rules", ()))) if gathered else ()
    subjects = _subjects(record.get("subjects") or {})
    named = tuple(_naming_objects(finding, subjects.get("pods", ())) for finding in findings)
    return Evaluation(int(record.get("documents", 0)), rules, subjects, named)


def _naming_objects(finding: Finding, pods: Iterable[Identity]) -> Finding:
    """The finding; one about the namespace of objects that name none says which objects those are."""
    if finding.resource != _UNNAMED:
        return finding
    names = [str(who) for who in sorted(pods) if not who.namespace]
    about = printable.some_of(names, _SHOWN) or "objects"
    return replace(finding, message=f"{about} without a namespace: {finding.message.removeprefix('Namespace/: ')}")


def _subjects(record: Mapping[str, Any]) -> dict[str, frozenset[Identity]]:
    classes = {
        name: frozenset(Identity(*who) for who in record.get(name, ()))
        for name in ("containers", "pods", "resources")
    }
    namespaces = frozenset(Identity("v1", "Namespace", "", name) for name in record.get("namespaces", ()))
    own = {rule: frozenset(Identity(*who) for who in found) for rule, found in record.get("own", {}).items()}
    return {**classes, "namespaces": namespaces, **own}


def _rule_finding(level: Level, result: Mapping[str, Any], target: str, only_warn: Collection[str] | None) -> Finding:
    metadata = result.get("metadata") or {}
    given = metadata.get("resource") or {}
    who = Identity(*(str(given.get(key) or "") for key in ("apiVersion", "kind", "namespace", "name")))
    rule, fix, container, path = (str(metadata.get(key) or "") for key in ("rule", "fix", "container", "path"))
    said = metadata.get("mend")
    correction = None
    if isinstance(said, Mapping) and said.keys() & {"remove", "set"}:
        correction = Correction(json.dumps(said.get("set")), remove="set" not in said)
    if only_warn is not None and (rule in only_warn or metadata.get(_GENTLE[0]) == _GENTLE[1]):
        level = "warn"
    return Finding(
        rule or "rule.unnamed", level, target, who, result["msg"], fix, container, path=path, correction=correction
    )
