"""Renders an environment before and after a change, and judges what the change does."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from promote.changes.proposal import Proposal
from promote.changes.settings import NO_SETTINGS, Carried
from promote.changes.situation import Situation
from promote.checks import inspection, renderings
from promote.checks.criteria import Criteria
from promote.checks.findings import Finding, Verdict, in_order
from promote.checks.renderings import Build
from promote.errors import CheckDenied, RenderError
from promote.gates.protocol import Context
from promote.kustomize import differences
from promote.kustomize.differences import Difference
from promote.kustomize.render import Rendered
from promote.model import Plan
from promote.proof import derived, introduced, layered, shared, unproved
from promote.proof.effect import Place, Texts, followed, insist, insist_on_no_image, place_of, unplanned
from promote.proof.facts import facts
from promote.proof.layered import Layer, Moves
from promote.system import process
from promote.system.paths import write_below
from promote.versions.found import Versions


def prove(
    situation: Situation,
    planned: Proposal,
    after: Versions,
    allow_others: bool,
    values: Collection[Place] = (),
    before: Carried = NO_SETTINGS,
) -> Proposal:
    """The proposal with the rendered difference and the verdict; itself where nothing changes.

    Raises CheckDenied when the files do more than move the planned images and `values`, unless `allow_others` is set.
    What bundles of manifests bring, and the settings `before` the images, is rendered by itself, and may change
    anything; settings move no image.
    What cannot be rendered has no proof (`promote.proof.unproved`).
    """
    if not planned.files:
        return planned
    try:
        return _proved(situation, planned, after, allow_others, values, before)
    except RenderError as error:
        made = unproved.proposal(planned, situation.versions, after, before.files, error)
        readers = situation.tree.readers(list(made.files), [made.environment.name])
        also = tuple(shared.unrendered(situation, made, [(one, error) for one in readers]))
        if strict := [one for one in also if one.environment.unrendered != "warn"]:
            raise RenderError(f"{error}; and {strict[0].environment.name} would change unrendered, too") from None
    names = tuple(one.plan.target for one in also)
    return replace(made, plan=replace(made.plan, shared=names), also=also)


def _proved(
    situation: Situation,
    planned: Proposal,
    after: Versions,
    allow_others: bool,
    values: Collection[Place],
    settings: Carried,
) -> Proposal:
    root, folder, name = situation.root, situation.environment.path, situation.environment.name
    bundles = situation.versions.bundles
    with tempfile.TemporaryDirectory(prefix="promote-tree-") as temporary:
        copy, copies, between = (Path(temporary).resolve() / part for part in ("before", "layered", "between"))
        for each in (copy, copies, between):
            each.mkdir()
        situation.tree.folder(folder)
        builds = [Build(situation.tree.link_build(folder, copy), name, copy)]
        if first := derived.between(situation.versions, after, settings.files):
            builds.append(_with_files(situation, between, first))
        known, unbuilt, notes = layered.before(situation.tree, planned.files, name, copies)
        write_below(root, planned.files)
        # Rendering is most of what a plan waits for: all at once.
        old, *middle, new = renderings.of([*builds, Build(root / folder, name, situation.tree.top)])
        with process.side_by_side(2) as pool:
            judging = pool.submit(introduced.judged, [new], situation.criteria, root)
            free = [one for each in middle for one in differences.differences(old.documents, each.documents)]
            if bundles.isdisjoint(change.image for change in planned.plan.changes):
                insist_on_no_image(free)
            found = differences.differences((middle or [old])[0].documents, new.documents)
            texts = _insist(situation, planned, found, after, allow_others, values)
            others = unplanned(found, values, texts)
            found = [*free, *found]
            about_change = pool.submit(judge_change, planned.plan, planned.context, situation.criteria, others + free)
            moves = Moves(name, planned.plan.changes, situation.images, after.images, found, texts, bundles)
            layers = layered.after(situation.tree, known, moves, allow_others)
            verdict = _marked(process.result(judging), situation, planned, old, copy / situation.tree.whole("."))
            verdict = with_findings(verdict, process.result(about_change))
        also = tuple(_of_layer(situation, planned, layer) for layer in layers)
        also += tuple(shared.unrendered(situation, planned, unbuilt))
    plan = replace(planned.plan, shared=tuple(one.plan.target for one in also), notes=(*planned.plan.notes, *notes))
    return replace(planned, plan=plan, differences=tuple(found), others=tuple(others), verdict=verdict, also=also)


def _with_files(situation: Situation, top: Path, files: Mapping[str, bytes]) -> Build:
    """The environment with other contents of `files`, in the empty folder `top`."""
    build = Build(situation.tree.link_build(situation.environment.path, top), situation.environment.name, top)
    write_below(top / situation.tree.whole("."), files)
    return build


def _marked(verdict: Verdict, situation: Situation, planned: Proposal, old: Rendered, root: Path) -> Verdict:
    """The verdict, its findings marked old that were there before, unless old ones deny, too."""
    if not planned.context.is_rollback and situation.criteria.denies_old:
        return verdict
    return introduced.marked(verdict, [old], situation.criteria, root, is_in_place=True)


def _of_layer(situation: Situation, planned: Proposal, layer: Layer) -> Proposal:
    """What the change does to an environment that is layered on the changed one, proved and judged as that is."""
    plan, context = layered.judged(
        layer.environment, layer.changes, situation.tree, planned.context, lambda: situation.history
    )
    verdict = introduced.judged([layer.after], situation.criteria, situation.root)
    verdict = _marked(verdict, situation, planned, layer.before.rendering, layer.before.root)
    verdict = with_findings(verdict, judge_change(plan, context, situation.criteria))
    made = shared.proposal(planned, layer.environment, plan, context, layer.differences, verdict)
    return replace(made, others=layer.others)


def _insist(
    situation: Situation,
    planned: Proposal,
    found: list[Difference],
    after: Versions,
    allow_others: bool,
    values: Collection[Place],
) -> Texts:
    """Insist on the proof; returns the texts other than images of containers that may change with the versions."""
    bundles = situation.versions.bundles
    old, new = ([one for one in images if one.name not in bundles] for images in (situation.images, after.images))
    try:
        insist(found, old, new, allow_others=False, values=values)
    except CheckDenied:
        # Values of Helm, fields of other kinds, and declared places: all layers are read only where these matter.
        before = situation.tree.versions(situation.environment, whole=True)
        if doubled := [before.doubled[one.image] for one in planned.plan.changes if one.image in before.doubled]:
            raise CheckDenied("; ".join(doubled)) from None
        texts = before.again(planned.files).texts(before)
        found[:], renamed = followed(found, texts)
        insist(found, old, new, allow_others, values, renamed)
        return renamed
    return {}


def judge_change(
    plan: Plan, context: Context, criteria: Criteria, found: list[Difference] | None = None
) -> tuple[Finding, ...]:
    """What the rules about a change find; `found` is what it does to the rendered manifests, where that is known."""
    if context.is_rollback or not criteria.policies.of_changes(criteria.profile):
        return ()
    moved = None if found is None else differences.others(found)
    others = moved if moved is None else [place_of(one) for one in moved]
    return inspection.inspect_change(facts(plan, context, others), criteria)


def with_findings(verdict: Verdict, more: tuple[Finding, ...]) -> Verdict:
    """The verdict with further findings, in order."""
    return replace(verdict, findings=in_order([*verdict.findings, *more]))
