"""Findings and verdicts as values: what was found, where, how severe it is, and what a check as a whole says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from promote.errors import nearest
from promote.model import Identity, Source

Level = Literal["deny", "warn"]
NOWHERE = Identity("", "", "", "")
UNRENDERED = "check.unrendered"  # finds that kustomize could not build a target
# These find that something was not checked: they are reported even if `--only` names other rules.
_ALWAYS = ("check.", "main.", "schema.missing", "schema.unreadable")


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
class Correction:
    """The one certain way to fix a fault: what belongs at its path, as JSON, or that nothing does."""

    value: str
    remove: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: which rule found it, in which object and container, and how to fix it."""

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
    correction: Correction | None = None
    place: str = ""  # the path with items of lists by their names, which stay when their positions change
    position: int | None = None  # of the object among those of its identity, where that is known
    objects: tuple[Identity, ...] = ()  # all that have it from the same line, where these are several


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
class Base:
    """The commit that findings were compared with, and why that says little, if it does."""

    commit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a check; `fixed` are the findings of the base that are gone.

    If `forgives_old` is set, only new findings deny the manifests.
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
        """The findings that deny these manifests."""
        forgiven = "old" if self.forgives_old else None
        return [one for one in self.findings if one.level == "deny" and not one.waiver and one.status != forgiven]

    @property
    def denied(self) -> bool:
        """Whether a finding denies these manifests."""
        return bool(self.denials)


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
