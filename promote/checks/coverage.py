"""Counts the objects that each rule applied to: a rule that applied to none must not look like one that passed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from promote.checks.findings import NOWHERE, Finding, Target, Verdict
from promote.checks.rules import Rule
from promote.model import Identity

CLASSES = frozenset({"containers", "namespaces", "pods", "resources"})  # what evaluation.rego counts
TARGET, OWN = "target", "own"
_TITLES = ("rule", "target", "applied", "passed", "denied", "warned", "waived")


@dataclass(frozen=True, slots=True)
class Row:
    """To how many resources of one target a rule applied, and what became of them.

    A resource counts once, by the worst that was found in it; `applied` is None where the rule does not say what
    it judges, and then so is `passed`.
    """

    rule: str
    target: str
    applied: int | None
    denied: int
    warned: int
    waived: int

    @property
    def passed(self) -> int | None:
        """How many resources nothing was found in."""
        return None if self.applied is None else self.applied - self.denied - self.warned - self.waived


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rules by targets, and the rules that applied to nothing in any target or do not say what they judge."""

    rows: tuple[Row, ...]

    @property
    def never(self) -> list[str]:
        """The rules that had nothing to judge anywhere."""
        applied = {row.rule for row in self.rows if row.applied != 0}
        return sorted({row.rule for row in self.rows} - applied)

    @property
    def unknown(self) -> list[str]:
        """The rules that do not declare what they judge, so it is unknown whether they applied."""
        return sorted({row.rule for row in self.rows if row.applied is None})


def matrix(verdict: Verdict, rules: Iterable[Rule], only: Sequence[str] = ()) -> Matrix:
    """One row for each rule that took part in a target, or those of `only` that did."""
    judges = {rule.id: rule.subjects for rule in rules}
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in verdict.findings:
        found.setdefault((finding.rule, finding.target), []).append(finding)
    return Matrix(
        tuple(
            _row(name, judges.get(name, ()), target, found.get((name, target.name), []))
            for target in verdict.targets
            for name in target.rules
            if not only or name in only
        )
    )


def _row(rule: str, words: Sequence[str], target: Target, found: Sequence[Finding]) -> Row:
    denied = {one.resource for one in found if one.level == "deny" and not one.waiver}
    warned = {one.resource for one in found if one.level == "warn" and not one.waiver} - denied
    waived = {one.resource for one in found if one.waiver} - denied - warned
    judged = subjects(rule, words, target) | denied | warned | waived
    applied = len(judged) if words else None
    return Row(rule, target.name, applied, len(denied), len(warned), len(waived))


def subjects(rule: str, words: Iterable[str], target: Target) -> frozenset[Identity]:
    """The resources of `target` that the `words` of `rule` name; NOWHERE stands for the target as a whole."""
    return frozenset(who for word in words for who in _named(word, rule, target))


def _named(word: str, rule: str, target: Target) -> Iterable[Identity]:
    if word == TARGET:
        return (NOWHERE,)
    if word == OWN or word in CLASSES:
        return target.subjects.get(rule if word == OWN else word, ())
    # A kind with its group, which the core has not: `apps/Deployment`, `Service`.
    group, _, kind = word.rpartition("/")
    every = target.subjects.get("resources", ())
    return (who for who in every if who.kind == kind and who.api_version.rpartition("/")[0] == group)


def as_json(found: Matrix) -> dict[str, Any]:
    """The matrix as JSON; null where a number is not known."""
    return {
        "rules": [{title: getattr(row, title) for title in _TITLES} for row in found.rows],
        "never_applied": found.never,
        "unknown": found.unknown,
    }


def summary(found: Matrix) -> list[str]:
    """One line for people, and a second if there are rules that do not declare what they judge.

    In a small repository most rules have nothing to judge: they are counted here, and named in the table.
    """
    rules = len({row.rule for row in found.rows})
    applied = rules - len(found.never) - len(found.unknown)
    idle = f"; {len(found.never)} had nothing to judge (--coverage lists them)" if found.never else ""
    unknown = [f"unknown whether they applied: {', '.join(found.unknown)}"] if found.unknown else []
    return [f"{applied} of {rules} rules applied{idle}", *unknown]


def table(found: Matrix) -> list[str]:
    """All of the matrix for people, in columns."""
    cells = [[str(getattr(row, title)).replace("None", "?") for title in _TITLES] for row in found.rows]
    # Imported here: few ask for the table.
    from tabulate import tabulate

    alignment = ["left", "left", *["right"] * (len(_TITLES) - 2)]
    return tabulate(cells, _TITLES, "plain", colalign=alignment, disable_numparse=True).splitlines()
