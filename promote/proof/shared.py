"""What a change does to environments that read its files: as proposals, also where they cannot be rendered here."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from contextlib import suppress

from promote.changes import selection
from promote.changes.proposal import Proposal
from promote.changes.situation import Situation
from promote.checks.findings import Verdict
from promote.errors import ConfigError, RenderError, UsageError
from promote.gates.protocol import Context
from promote.kustomize.differences import Difference
from promote.model import Change, Plan
from promote.proof import layered, unproved
from promote.repository.environments import Environment


def proposal(
    planned: Proposal,
    environment: Environment,
    plan: Plan,
    context: Context,
    differences: tuple[Difference, ...],
    verdict: Verdict | None,
) -> Proposal:
    """The part of a change that is about an environment that nobody named."""
    files = tuple(file for file in planned.files if posixpath.dirname(file) != planned.environment.path)
    return Proposal(
        planned.tip,
        environment,
        plan,
        context,
        {},
        differences,
        verdict,
        layered_on=planned.environment.name,
        shared=files if len(files) == len(planned.files) else (),
    )


def unrendered(
    situation: Situation, planned: Proposal, unbuilt: Iterable[tuple[Environment, RenderError]]
) -> Iterator[Proposal]:
    """What the change moves in environments that cannot be rendered, as files say it: their gates count, too."""
    for one, error in unbuilt:
        if changes := _changes(situation, planned, one):
            where = layered.unordered(one)
            plan, context = layered.judged(where, changes, situation.tree, planned.context, lambda: situation.history)
            verdict = unproved.verdict(one, error) if one.unrendered == "warn" else None
            yield proposal(planned, where, plan, context, (), verdict)


def _changes(situation: Situation, planned: Proposal, environment: Environment) -> tuple[Change, ...]:
    tree = situation.tree
    with suppress(ConfigError, UsageError):
        old = tree.versions(tree.environment(environment.name), whole=True)
        return selection.changes(old.images, old.again(planned.files).images, situation.services)
    return ()
