"""A change that was planned, proved and judged, and whether it may be published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

from promote.changes import trailers
from promote.changes.trailers import Trailers
from promote.checks.findings import Verdict
from promote.errors import Blocked, CheckDenied
from promote.gates import evaluation
from promote.gates.protocol import Context
from promote.git.repository import Files
from promote.kustomize.differences import Difference
from promote.model import GateResult, Plan
from promote.repository.environments import Environment
from promote.repository.workspace import Tip


class Decided(Protocol):
    """A change that can be published: what `deliver` needs to know of it."""

    @property
    def tip(self) -> Tip:
        """The commit that it was decided on."""
        ...

    @property
    def files(self) -> Files:
        """What to commit; nothing where nothing is to be done."""
        ...

    @property
    def overrides(self) -> Trailers:
        """What its commit records of the gates that it passes although they are closed."""
        ...

    def insist(self) -> None:
        """Raise the error that forbids publishing it, if there is one."""
        ...

    def noting(self, note: str) -> Self:
        """The same with one more note for people."""
        ...


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change of one environment, decided on the commit `tip`.

    `files` are the new contents by path; `context` is what the gates looked at. `others` are the `differences` that
    need --allow-other-changes. `despite_findings` is the reason to publish it although the checks deny it. `also` is
    what the same files do to other environments: those that were named, and those that are `layered_on` a changed one
    or, more exactly, built from `shared` files of both.
    """

    tip: Tip
    environment: Environment
    plan: Plan
    context: Context
    files: Files
    differences: tuple[Difference, ...] = ()
    verdict: Verdict | None = None
    despite_findings: str | None = None
    also: tuple[Proposal, ...] = ()
    layered_on: str = ""
    others: tuple[Difference, ...] = ()
    shared: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[Proposal, ...]:
        """This one, and what it does to other environments."""
        return (self, *self.also)

    @property
    def blocked(self) -> tuple[GateResult, ...]:
        """The results of gates that are closed, of all environments."""
        return tuple(result for one in self.every for result in one.plan.blocked)

    @property
    def is_denied(self) -> bool:
        """Whether the checks deny it."""
        return any(one.verdict is not None and one.verdict.denied for one in self.every)

    @property
    def exit_code(self) -> int:
        """What publishing it would end with: 4 for a closed gate, 3 for a denied manifest, else 0."""
        if self.blocked:
            return Blocked.exit_code
        return CheckDenied.exit_code if self.is_denied and self.despite_findings is None else 0

    @property
    def overrides(self) -> Trailers:
        """The gates that it passes although they are closed, and the findings that deny it, each with the reason."""
        despite = self.despite_findings if self.is_denied else None
        given = dict.fromkeys(each for one in self.every for each in trailers.overrides(one.plan))
        return [*given, *([trailers.override("findings", despite)] if despite else [])]

    def noting(self, note: str) -> Self:
        """The same with one more note on its plan."""
        return replace(self, plan=replace(self.plan, notes=(*self.plan.notes, note)))

    def insist(self) -> None:
        """Raise Blocked for a closed gate, CheckDenied for a denied manifest."""
        if closed := self.blocked:
            raise blocked(closed)
        if self.exit_code:
            way = " (--despite-findings REASON rolls back anyway)" if self.context.is_rollback else ""
            raise denied(next(one.verdict for one in self.every if one.verdict and one.verdict.denied), way)


def denied(verdict: Verdict, way: str = "") -> CheckDenied:
    """What is raised for denied manifests: the first denial, how many more there are, and the way past them."""
    first, *more = verdict.denials
    return CheckDenied(f"{first.rule}: {first.message}" + (f" (and {len(more)} more)" if more else "") + way)


def blocked(closed: Sequence[GateResult]) -> Blocked:
    """What is raised for closed gates: the reason of each, and the ways past them."""
    reasons = "; ".join(f"{result.subject}: {result.reason}" for result in closed)
    return Blocked(f"{reasons} ({evaluation.ways(result.name for result in closed)})")
