"""Which findings a change brings; those that its manifests had before do not stop it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from promote.checks import baseline, inspection, remembered, renderings
from promote.checks.criteria import Criteria
from promote.checks.findings import NOWHERE, Base, Verdict
from promote.checks.renderings import Build
from promote.errors import ConfigError, RenderError, UsageError
from promote.kustomize.render import Rendered
from promote.model import Identity
from promote.repository.environments import Environment
from promote.repository.tree import Tree


def marked(
    verdict: Verdict,
    before: Sequence[Rendered],
    criteria: Criteria,
    root: Path,
    *,
    hides_nothing: bool = True,
    is_in_place: bool = False,
    unchanged: Collection[tuple[str, Identity]] = (),
) -> Verdict:
    """The verdict with each finding marked old that the targets had `before`, with their files below `root`.

    Old findings do not deny. Both renderings are judged by the same `criteria`. With another rendering, it may be
    called again: what is old stays old. What no rule saw before, such as an object without a schema, is new unless
    the change `hides_nothing` there, as one that only moves versions, or leaves the object `unchanged`. The files
    that `before` was rendered of are as they were then only if it `is_in_place`: its verdict may then be one that is
    remembered.
    """
    left = tuple(one for one in verdict.findings if one.status != "old")
    if not left or not before:
        return verdict
    there = (judged if is_in_place else inspection.inspect)(before, criteria, root).findings
    rest = replace(verdict, findings=left)
    compared = baseline.compared(rest, there, Base(""), hides_nothing=hides_nothing, unchanged=unchanged)
    told = iter(compared.findings)
    findings = tuple(one if one.status == "old" else next(told) for one in verdict.findings)
    return replace(verdict, findings=findings, forgives_old=True)


def judged(targets: Sequence[Rendered], criteria: Criteria, root: Path) -> Verdict:
    """What the checks say of targets that are rendered already, of files below `root`; it may be remembered."""
    rendered = {(one.name, one.folder): one for one in targets}
    return remembered.judge([*rendered], criteria, root, load=lambda path, name: rendered[name, path])


def by_merge(
    verdict: Verdict, before: Tree, environments: Iterable[Environment], after: Sequence[Rendered], criteria: Criteria
) -> Verdict:
    """The verdict on a merge that leaves `after`; what its target branch, which `before` holds, has is marked old."""
    if before.config.deny == "all" or not verdict.findings:
        return verdict
    there = []
    for one in environments:
        try:
            there += renderings.of([Build(before.folder(one.path), one.name, before.top)])
        except (ConfigError, RenderError, UsageError):
            continue  # an environment that the target branch lacks, or cannot render, excuses nothing
    same = _unchanged(there, after)
    return marked(verdict, there, criteria, before.root, hides_nothing=False, unchanged=same)


def _unchanged(before: Iterable[Rendered], after: Iterable[Rendered]) -> frozenset[tuple[str, Identity]]:
    """The objects that are rendered as before, each with its target; NOWHERE where all of a target is."""
    left = {one.name: one for one in before}
    found: set[tuple[str, Identity]] = set()
    for new in after:
        old = left.get(new.name)
        if old is None:
            continue
        known = {one.identity: one.content for one in old.documents}
        found |= {(new.name, one.identity) for one in new.documents if known.get(one.identity) == one.content}
        if old.text == new.text:
            found.add((new.name, NOWHERE))
    return frozenset(found)
