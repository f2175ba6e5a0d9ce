"""Renders an environment before and after a change, and judges what the change does."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from promote.checks import inspection, remembered, renderings
from promote.checks.criteria import Criteria
from promote.checks.findings import Finding, Verdict, in_order
from promote.checks.renderings import Build
from promote.errors import CheckDenied
from promote.gates.protocol import Context
from promote.kustomize import differences
from promote.kustomize.differences import Difference
from promote.kustomize.render import Rendered
from promote.model import Plan
from promote.promotion import introduced
from promote.promotion.facts import facts
from promote.promotion.proof import Place, Texts, followed, insist, unplanned
from promote.promotion.proposal import Proposal
from promote.promotion.situation import Sharing, Situation
from promote.repository.config import Environment
from promote.system import process
from promote.system.paths import write_below
from promote.versions.found import Versions


def prove(
    situation: Situation,
    planned: Proposal,
    after: Versions,
    allow_others: bool,
    values: Collection[Place] = (),
) -> Proposal:
    """The proposal with the rendered difference and the verdict; itself where nothing changes.

    Raises CheckDenied when the files do more than move the planned images and `values`, unless `allow_others` is set.
    """
    if not planned.files:
        return planned
    root, own = situation.root, situation.environment
    others = situation.sharing(planned.files)
    with tempfile.TemporaryDirectory(prefix="promote-tree-") as temporary:
        copies = _copies(situation, [own, *(one.environment for one in others)], Path(temporary).resolve())
        write_below(root, planned.files)
        # Rendering is most of what a plan waits for: everything at once.
        targets = [(one.name, root / one.path) for one, _, _ in copies]
        builds = [Build(folder, one.name, copy) for one, folder, copy in copies]
        rendered = renderings.of([*builds, *(Build(folder, name, situation.tree.top) for name, folder in targets)])
        old, new = rendered[: len(copies)], rendered[len(copies) :]
        by_folder = {one.folder: one for one in new}
        with process.side_by_side(2) as pool:
            judging = pool.submit(
                remembered.judge, targets, situation.criteria, root, load=lambda folder, _: by_folder[folder]
            )
            found = differences.differences(old[0].documents, new[0].documents)
            texts = _insist(situation, planned, found, after, allow_others, values)
            rest = unplanned(found, values, texts)
            for other, one, two in zip(others, old[1:], new[1:], strict=True):
                found += [each for each in _of_other(other, one, two, allow_others) if each not in found]
            about_change = pool.submit(judge_change, planned.plan, planned.context, situation.criteria, rest)
            verdict = process.result(judging)
            if planned.context.is_rollback or not situation.criteria.denies_old:
                top = copies[0][2] / situation.tree.whole(".")
                verdict = introduced.marked(verdict, old, situation.criteria, top)
            verdict = with_findings(verdict, process.result(about_change))
    return replace(planned, differences=tuple(found), verdict=verdict)


def _copies(
    situation: Situation, environments: Sequence[Environment], below: Path
) -> list[tuple[Environment, Path, Path]]:
    """Each environment, its folder in a copy of what building it reads, and the copy."""
    found = []
    for number, one in enumerate(environments):
        copy = below / str(number)
        copy.mkdir()
        situation.tree.folder(one.path)
        found.append((one, situation.tree.link_build(one.path, copy), copy))
    return found


def _of_other(other: Sharing, old: Rendered, new: Rendered, allow_others: bool) -> list[Difference]:
    """What the change does to another environment; raises CheckDenied if that is more than moving its versions."""
    texts = other.after.texts(other.before)
    found, renamed = followed(differences.differences(old.documents, new.documents), texts)
    try:
        insist(found, other.before.images, other.after.images, allow_others, (), renamed)
    except CheckDenied as error:
        raise CheckDenied(f"{other.environment.name}: {error}") from None
    return found


def _insist(
    situation: Situation,
    planned: Proposal,
    found: list[Difference],
    after: Versions,
    allow_others: bool,
    values: Collection[Place],
) -> Texts:
    """Insist on the proof; returns the texts other than images of containers that may change with the versions."""
    try:
        insist(found, situation.images, after.images, allow_others, values)
    except CheckDenied:
        # Values of Helm, fields of other kinds, and declared places: all layers are read only where these matter.
        before = situation.tree.versions(situation.environment, whole=True)
        texts = before.again(planned.files).texts(before)
        if not texts:
            raise
        found[:], renamed = followed(found, texts)
        insist(found, situation.images, after.images, allow_others, values, renamed)
        return renamed
    return {}


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
