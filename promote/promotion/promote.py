"""Decides a promotion: which versions of one environment another one gets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from promote.errors import UsageError
from promote.model import Version
from promote.promotion import adding, pair, pending, renames, selection, situation
from promote.promotion.proposal import Proposal
from promote.promotion.prove import prove
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.versions.found import Versions


@dataclass(frozen=True, slots=True)
class Fan:
    """What is asked for: an environment, and those that get its versions, each as an Edge; `separate` says how."""

    source: str
    targets: tuple[str, ...]
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow_other_changes: bool = False
    replace: bool = False
    add: bool = False
    separate: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)

    def groups(self, workspace: Workspace) -> list[tuple[str, list[Edge]]]:
        """What is proposed together: the branch of each proposal, and its edges, in the order of promote.yaml."""
        order = list(workspace.config.environments)
        known = dict.fromkeys(workspace.known(target) for target in self.targets)
        targets = sorted(known, key=lambda name: order.index(name) if name in order else len(order))
        edges = {target: self._edge(target) for target in targets}
        source = workspace.known(self.source)
        if self.separate:
            return [(branch_of(source, target), [edge]) for target, edge in edges.items()]
        return [(branch_of(source, *edges), list(edges.values()))]

    def _edge(self, target: str) -> Edge:
        given = (self.only, self.exclude, self.allow_other_changes, self.replace, self.add, self.despite)
        return Edge(self.source, target, *given)


@dataclass(frozen=True, slots=True)
class Edge:
    """What is asked for: two environments, and which services; `despite` are reasons to pass gates, by name.

    With `replace`, the open pull request keeps nothing of what it proposes for other services. With `add`,
    an image that the target has no version of gets an item in its own `images:`.
    """

    source: str
    target: str
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow_other_changes: bool = False
    replace: bool = False
    add: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)


def propose(workspace: Workspace, tip: Tip, tree: Tree, edge: Edge, branch: str = "") -> Proposal:
    """The promotion as it would be on the commit that `tree` holds, proved and judged; nothing is published.

    It adds to what `branch` proposes, as the last fetch found that.
    """
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
    if edge.only or edge.exclude:
        allowed = selection.choose((*there.images, *here.images), here.services, (), edge.exclude)
        kept = pending.kept(workspace, here, branch, chosen, chosen if edge.replace else allowed)
        wanted, notes = {**kept.versions, **wanted}, [*kept.notes, *notes]
    missing = selection.missing(there.images, here.images, chosen)
    if edge.add:
        here, after = adding.edited(here, {**wanted, **_versions(there, missing)})
    else:
        after = here.versions.with_versions(wanted)
        notes += [f"{name} has no images entry in {target.name}: left out (--add adds it)" for name in missing]
    planned = here.planned(after, source.name, notes, edge.despite)
    planned = replace(planned, plan=replace(planned.plan, unmoved=unmoved.lines))
    return prove(here, planned, after, edge.allow_other_changes)


def propose_all(workspace: Workspace, tip: Tip, tree: Tree, edges: Sequence[Edge], branch: str = "") -> Proposal:
    """The promotions along several edges from one environment, as one proposal; `tree` holds them afterwards.

    Each is made on what those before it leave, so that they may change the same files.
    """
    made = []
    for edge in edges:
        made.append(propose(workspace, tip, tree, edge, branch))
        tree.edited(made[-1].files)
    # The first has to be one that changes something: it speaks for all of them.
    first, *rest = sorted(made, key=lambda one: not one.files)
    files = {path: data for one in made for path, data in one.files.items()}
    also = [each for one in rest for each in (replace(one, files={}, also=()), *one.also)]
    return replace(first, files=files, also=(*first.also, *also))


def _versions(there: Versions, names: Sequence[str]) -> dict[str, Version]:
    return {image.name: image.version for image in there.images if image.name in names}


def _insist_on_entries(chosen: Collection[str], versions: Versions) -> None:
    if lacking := sorted(set(chosen) - {image.name for image in versions.images}):
        raise UsageError(
            f"{lacking[0]} has no images entry in {versions.source}: add it (--add), or leave it out of --only"
        )


def branch_of(source: str, *targets: str) -> str:
    """The one branch that promotions along these edges use, so that a new one takes the place of the old."""
    # No name in promote.yaml has the character that joins them.
    return f"promote/{source.replace('/', '-')}-to-{'_and_'.join(target.replace('/', '-') for target in targets)}"
