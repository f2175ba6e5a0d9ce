"""Decides a promotion: which versions of one environment another one gets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from promote.errors import UsageError
from promote.promotion import pending, selection, situation
from promote.promotion.proposal import Proposal
from promote.promotion.prove import prove
from promote.repository.workspace import Tip, Tree, Workspace
from promote.versions.images import ImagesFile


@dataclass(frozen=True, slots=True)
class Edge:
    """What is asked for: two environments, and which services; `despite` are reasons to pass gates, by name.

    With `replace`, the open pull request keeps nothing of what it proposes for other services.
    """

    source: str
    target: str
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow_other_changes: bool = False
    replace: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)


def propose(workspace: Workspace, tip: Tip, tree: Tree, edge: Edge, branch: str = "") -> Proposal:
    """The promotion as it would be on the commit that `tree` holds, proved and judged; nothing is published.

    It adds to what `branch` proposes, as the last fetch found that.
    """
    here = situation.read(workspace, tip, tree, edge.target)
    source = tree.environment(edge.source)
    if source.path == here.environment.path:
        raise UsageError(f"{edge.source} and {edge.target} are the same folder: name two environments")
    there = tree.images_file(source)
    chosen = selection.choose((*there.images, *here.images), here.services, edge.only, edge.exclude)
    if edge.only:
        # Left out in silence, it would look promoted.
        _insist_on_entries(chosen, there)
        _insist_on_entries(chosen, here.file)
    kept = pending.NOTHING
    if edge.only or edge.exclude:
        allowed = selection.choose((*there.images, *here.images), here.services, (), edge.exclude)
        kept = pending.kept(workspace, here, branch, chosen, chosen if edge.replace else allowed)
    after = here.file.with_versions({**kept.versions, **selection.wanted(there.images, here.images, chosen)})
    missing = selection.missing(there.images, here.images, chosen)
    notes = [*kept.notes, *(f"{name} has no images entry in {here.environment.name}: left out" for name in missing)]
    planned = here.planned(after, source.name, notes, edge.despite)
    return prove(here, planned, after, edge.allow_other_changes)


def _insist_on_entries(chosen: Collection[str], file: ImagesFile) -> None:
    if lacking := sorted(set(chosen) - {image.name for image in file.images}):
        raise UsageError(f"{lacking[0]} has no images entry in {file.source}: add it, or leave it out of --only")


def branch_of(source: str, target: str) -> str:
    """The one branch that promotions along this edge use, so that a new one takes the place of the old."""
    return f"promote/{source.replace('/', '-')}-to-{target.replace('/', '-')}"
