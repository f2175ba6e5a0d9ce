"""What the programs found in one target, before waivers and `--only` apply: a value that can be remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from promote.checks.findings import Correction, Finding, Target
from promote.model import Identity, Source


@dataclass(frozen=True, slots=True)
class Judged:
    """A target with its findings and where each of them is written; `who` are its objects.

    `whole` says that it is a kustomization, and not some files of one. `is_open` says that files other than its own
    decide it, too, so that it must not be kept.
    """

    target: Target
    findings: tuple[Finding, ...]
    who: tuple[Identity, ...]
    whole: bool
    is_open: bool = False

    def as_json(self) -> dict[str, Any]:
        """The value as JSON, with each identity written once."""
        numbers: dict[Identity, int] = {}

        def number(who: Identity) -> int:
            return numbers.setdefault(who, len(numbers))

        one = self.target
        who = [number(each) for each in self.who]
        subjects = {name: sorted(map(number, those)) for name, those in one.subjects.items()}
        target = [one.name, one.path, one.documents, one.evaluated, one.validated, list(one.rules), list(one.unread)]
        findings = [_finding_json(each, number(each.resource)) for each in self.findings]
        identities = [[each.api_version, each.kind, each.namespace, each.name] for each in numbers]
        return {"target": target, "subjects": subjects, "findings": findings, "who": who, "whole": self.whole,
                "identities": identities}  # fmt: skip

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Judged:
        """The value that `as_json` wrote."""
        identities = [Identity(*each) for each in given["identities"]]
        name, path, documents, evaluated, validated, rules, unread = given["target"]
        subjects = {name: frozenset(identities[each] for each in those) for name, those in given["subjects"].items()}
        return cls(
            Target(name, path, documents, evaluated, validated, tuple(rules), subjects, tuple(unread)),
            tuple(_finding(each, identities) for each in given["findings"]),
            tuple(identities[each] for each in given["who"]),
            given["whole"],
        )


def _finding_json(one: Finding, number: int) -> list[Any]:
    source = [one.source.file, one.source.line] if one.source else None
    correction = [one.correction.value, one.correction.remove] if one.correction else None
    return [one.rule, one.level, one.target, number, one.message, one.fix, one.container, source, one.path,
            correction, one.place, one.position]  # fmt: skip


def _finding(given: list[Any], identities: list[Identity]) -> Finding:
    rule, level, target, number, message, fix, container, source, path, correction, place, position = given
    return Finding(
        rule, level, target, identities[number], message, fix, container, Source(*source) if source else None,
        path=path, correction=Correction(*correction) if correction else None, place=place, position=position,
    )  # fmt: skip
