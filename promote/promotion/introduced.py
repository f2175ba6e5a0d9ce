"""Which findings a change brings; those that its manifests had before do not stop it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from promote.checks import baseline, inspection, remembered, renderings
from promote.checks.criteria import Criteria
from promote.checks.findings import Base, Verdict
from promote.checks.renderings import Build
from promote.errors import ConfigError, RenderError, UsageError
from promote.kustomize.render import Rendered
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
) -> Verdict:
    """The verdict with each finding marked old that the targets had `before`, with their files below `root`.

    Old findings do not deny. Both renderings are judged by the same `criteria`. With another rendering, it may be
    called again: what is old stays old. What no rule saw before, such as an object without a schema, is new unless
    the change `hides_nothing` there, as one that only moves versions. The files that `before` was rendered of are as
    they were then only if it `is_in_place`: its verdict may then be one that is remembered.
    """
    left = tuple(one for one in verdict.findings if one.status != "old")
    if not left or not before:
        return verdict
    there = (_remembered if is_in_place else inspection.inspect)(before, criteria, root).findings
    compared = baseline.compared(replace(verdict, findings=left), there, Base(""), hides_nothing=hides_nothing)
    told = iter(compared.findings)
    findings = tuple(one if one.status == "old" else next(told) for one in verdict.findings)
    return replace(verdict, findings=findings, forgives_old=True)


def _remembered(before: Sequence[Rendered], criteria: Criteria, root: Path) -> Verdict:
    targets = {(one.name, one.folder): one for one in before}
    return remembered.judge([*targets], criteria, root, load=lambda path, name: targets[name, path])


def by_merge(verdict: Verdict, before: Tree, environments: Iterable[Environment], criteria: Criteria) -> Verdict:
    """The verdict on a merge, with what its target branch, which `before` holds, has already marked old."""
    if before.config.deny == "all" or not verdict.findings:
        return verdict
    there = []
    for one in environments:
        try:
            there += renderings.of([Build(before.folder(one.path), one.name, before.top)])
        except (ConfigError, RenderError, UsageError):
            continue  # an environment that the target branch lacks, or cannot render, excuses nothing
    return marked(verdict, there, criteria, before.root, hides_nothing=False)
