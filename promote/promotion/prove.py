"""Renders an environment before and after a change, and judges what the change does."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from promote.checks import inspection, remembered, renderings
from promote.checks.criteria import Criteria
from promote.checks.findings import Finding, Verdict, in_order
from promote.checks.renderings import Build
from promote.gates.protocol import Context
from promote.kustomize import differences
from promote.kustomize.differences import Difference
from promote.model import Plan
from promote.promotion import introduced
from promote.promotion.facts import facts
from promote.promotion.proof import Place, insist, unplanned
from promote.promotion.proposal import Proposal
from promote.promotion.situation import Situation
from promote.system import process
from promote.system.paths import write_below
from promote.versions.images import ImagesFile


def prove(
    situation: Situation,
    planned: Proposal,
    after: ImagesFile,
    allow_others: bool,
    values: Collection[Place] = (),
) -> Proposal:
    """The proposal with the rendered difference and the verdict; itself where nothing changes.

    Raises CheckDenied when the files do more than move the planned images and `values`, unless `allow_others` is set.
    """
    if not planned.files:
        return planned
    root, folder, name = situation.root, situation.environment.path, situation.environment.name
    with tempfile.TemporaryDirectory(prefix="promote-tree-") as temporary:
        copy = Path(temporary).resolve() / "before"
        copy.mkdir()
        before = situation.tree.link_build(folder, copy)
        write_below(root, planned.files)
        # Rendering is most of what a plan waits for: both at once.
        old, new = renderings.of([Build(before, name, copy), Build(root / folder, name, situation.tree.top)])
        with process.side_by_side(2) as pool:
            judging = pool.submit(
                remembered.judge, [(name, root / folder)], situation.criteria, root, load=lambda *_: new
            )
            found = differences.differences(old.documents, new.documents)
            insist(found, situation.images, after.images, allow_others, values)
            rest = unplanned(found, values)
            about_change = pool.submit(judge_change, planned.plan, planned.context, situation.criteria, rest)
            verdict = process.result(judging)
            if planned.context.is_rollback or not situation.criteria.denies_old:
                verdict = introduced.marked(verdict, [old], situation.criteria, copy / situation.tree.whole("."))
            verdict = with_findings(verdict, process.result(about_change))
    return replace(planned, differences=tuple(found), verdict=verdict)


def judge_change(
    plan: Plan, context: Context, criteria: Criteria, found: list[Difference] | None = None
) -> tuple[Finding, ...]:
    """What the rules about a change find; `found` is what it does to the rendered manifests, where that is known."""
    if context.is_rollback or not criteria.policies.of_changes:
        return ()
    moved = None if found is None else differences.others(found)
    others = moved if moved is None else [f"{one.resource} {one.path or '(the whole object)'}" for one in moved]
    return inspection.inspect_change(facts(plan, context, others), criteria)


def with_findings(verdict: Verdict, more: tuple[Finding, ...]) -> Verdict:
    """The verdict with further findings, in order."""
    return replace(verdict, findings=in_order([*verdict.findings, *more]))
