"""Decides a promotion: which versions of one environment another one gets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from promote.errors import UsageError
from promote.model import Version
from promote.promotion import adding, pair, renames, selection, situation
from promote.promotion.proposal import Proposal
from promote.promotion.prove import prove
from promote.repository.workspace import Tip, Tree, Workspace
from promote.versions.found import Versions


@dataclass(frozen=True, slots=True)
class Edge:
    """What is asked for: two environments, and which services; `despite` are reasons to pass gates, by name.

    With `add`, an image that the target has no version of gets an item in its own `images:`.
    """

    source: str
    target: str
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow_other_changes: bool = False
    add: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)


def propose(workspace: Workspace, tip: Tip, tree: Tree, edge: Edge) -> Proposal:
    """The promotion as it would be on the commit that `tree` holds, proved and judged; nothing is published."""
    source, target = tree.environment(edge.source), tree.environment(edge.target)
    if source.path == target.path:
        raise UsageError(f"{edge.source} and {edge.target} are the same folder: name two environments")
    both = pair.read(tree, source, target, edge.only)
    there, here = both.there, situation.read(workspace, tip, tree, edge.target, versions=both.here)
    unmoved = pair.unmoved(both)
    chosen = selection.choose((*there.images, *here.images), here.services, edge.only, edge.exclude) - unmoved.names
    if edge.only:
        # Left out in silence, it would look promoted.
        _insist_on_entries(chosen, there)
        if not edge.add:
            _insist_on_entries(chosen, here.versions)
    wanted, notes = renames.wanted(here, there.images, chosen, source.name)
    missing = selection.missing(there.images, here.images, chosen)
    if edge.add:
        here, after = adding.edited(here, {**wanted, **_versions(there, missing)})
    else:
        after = here.versions.with_versions(wanted)
        notes += [f"{name} has no images entry in {target.name}: left out (--add adds it)" for name in missing]
    planned = here.planned(after, source.name, notes, edge.despite)
    planned = replace(planned, plan=replace(planned.plan, unmoved=unmoved.lines))
    return prove(here, planned, after, edge.allow_other_changes)


def _versions(there: Versions, names: Sequence[str]) -> dict[str, Version]:
    return {image.name: image.version for image in there.images if image.name in names}


def _insist_on_entries(chosen: Collection[str], versions: Versions) -> None:
    if lacking := sorted(set(chosen) - {image.name for image in versions.images}):
        raise UsageError(
            f"{lacking[0]} has no images entry in {versions.source}: add it (--add), or leave it out of --only"
        )


def branch_of(source: str, target: str) -> str:
    """The one branch that promotions along this edge use, so that a new one takes the place of the old."""
    return f"promote/{source.replace('/', '-')}-to-{target.replace('/', '-')}"
