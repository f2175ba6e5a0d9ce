"""Decides a promotion: which versions of one environment another one gets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from promote.changes import adding, apps, pair, renames, selection, settings, situation, unsettled
from promote.changes.proposal import Proposal
from promote.changes.situation import Situation
from promote.changes.unsettled import Unsettled
from promote.errors import UsageError
from promote.model import Change, Image, Version
from promote.promotion import deliver, pending
from promote.promotion.pending import Pending
from promote.proof.effect import NotInUse
from promote.proof.prove import prove
from promote.repository.environments import Environment
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.versions.found import Versions

_Names = Mapping[str, tuple[str, ...]]  # by environment, the names of its images; none for all of them


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
        order = workspace.config.names
        known = dict.fromkeys(workspace.known(target) for target in self.targets)
        targets = sorted(known, key=lambda name: order.index(name) if name in order else len(order))
        asked = (self.only, self.exclude, self.allow_other_changes, self.replace, self.add, self.despite)
        edges = {target: Edge(self.source, target, *asked) for target in targets}
        source = workspace.known(self.source)
        if self.separate:
            return [(branch_of(source, target), [edge]) for target, edge in edges.items()]
        return [(branch_of(source, *edges), list(edges.values()))]


@dataclass(frozen=True, slots=True)
class Edge:
    """What is asked for: two environments, and which services; `despite` are reasons to pass gates, by name.

    With `replace`, the open pull request keeps nothing of what it proposes for other services. With `add`,
    an image that the target has no version of gets an item in its own `images:`. An app that was not asked for
    `is_left_out`: nothing is promoted, but what the open pull request proposes for it stays.
    """

    source: str
    target: str
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow_other_changes: bool = False
    replace: bool = False
    add: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)
    is_left_out: bool = False


def propose(
    workspace: Workspace, tip: Tip, tree: Tree, edge: Edge, branch: str = "", unused: tuple[Change, ...] = ()
) -> Proposal:
    """The promotion as it would be on the commit that `tree` holds, proved and judged; nothing is published.

    It adds to what `branch` proposes, as the last fetch found that. It leaves out what is known to be `unused`.
    Raises NotInUse for an image of --only that nothing in the target uses.
    """
    source, target = tree.environment(edge.source), tree.environment(edge.target)
    if source.path == target.path:
        raise UsageError(f"{edge.source} and {edge.target} are the same folder: name two environments")
    both = pair.read(tree, source, target, edge.only)
    there, here = both.there, situation.read(workspace, tip, tree, edge.target, versions=both.here)
    # There is nothing to report about an app that was not asked for, so nothing is rendered for it.
    unmoved = pair.Unmoved() if edge.is_left_out else pair.unmoved(both)
    unclear = Unsettled() if edge.is_left_out else unsettled.between(both, unmoved.names, edge.only)
    chosen = _chosen(edge, there, here, unmoved.names | unclear.names)
    versions, kept, notes = _wanted(workspace, here, both, edge, chosen, branch)
    missing, about_missing = ([], []) if edge.is_left_out else _missing(both, chosen, edge.add)
    unused_images = {change.image for change in unused}
    added = {image.name: image.version for image in there.images if edge.add and image.name in missing}
    versions = {name: version for name, version in {**versions, **added}.items() if name not in unused_images}
    here, after, stuck = adding.possible(here, versions, edge.add, insist=bool(edge.only))
    moved = {change.image for change in selection.changes(here.images, after.images, here.services)}
    carried = settings.carried(tree, target, here.images, moved, _settings_source(tree, source, kept), source.name)
    if carried.files:
        before = replace(here, versions=carried.before(here.versions))
        _, after, _ = adding.possible(before, versions, edge.add, insist=bool(edge.only))
    reasons = (*unmoved.lines, *unclear.lines, *stuck, *settings.waiting(both, chosen - moved))
    planned = carried.onto(here.planned(after, source.name, [*notes, *about_missing, *unclear.notes], edge.despite))
    plan = replace(planned.plan, unmoved=reasons, unused=unused, is_empty=both.is_empty, lacks=bool(missing))
    planned = replace(planned, plan=plan)
    try:
        return adding.hinting(prove(here, planned, after, edge.allow_other_changes, before=carried), here, edge.add)
    except NotInUse as error:
        if unused or (edge.only and not chosen.isdisjoint(error.names)):
            raise
        unused = tuple(change for change in planned.plan.changes if change.image in error.names)
    tree.overwrite({path: tree.sheets.data(path) for path in planned.files})
    return propose(workspace, tip, tree, edge, branch, unused)


def _wanted(
    workspace: Workspace, here: Situation, both: pair.Pair, edge: Edge, chosen: frozenset[str], branch: str
) -> tuple[dict[str, Image | Version], Pending, list[str]]:
    """By image name, what is asked of the target; what of it the open pull request has already; and notes."""
    there, kept = both.there.images, pending.NOTHING
    wanted, notes = renames.wanted(here, there, chosen, both.source.name)
    if edge.only or edge.exclude or edge.is_left_out:
        allowed = selection.choose((*there, *here.images), here.services, (), edge.exclude)
        kept = pending.kept(workspace, here, branch, chosen, chosen if edge.replace else allowed)
        wanted, notes = {**kept.versions, **wanted}, [*kept.notes, *notes]
    return wanted, kept, notes


def _chosen(edge: Edge, there: Versions, here: Situation, unmoved: Collection[str]) -> frozenset[str]:
    """The images that the promotion is about; raises UsageError for one of --only that an environment lacks."""
    if edge.is_left_out:
        return frozenset()
    images = (*there.images, *here.images)
    chosen = selection.choose(images, here.services, edge.only, edge.exclude).difference(unmoved)
    if edge.only:
        # An image that is left out without an error would look promoted.
        _insist_on_entries(chosen, there)
        if not edge.add:
            _insist_on_entries(chosen, here.versions)
        for name, is_source in selection.unset(there.images, here.images, chosen):
            if not is_source:
                raise UsageError(f"{name} has no version in {there.source}: leave it out of --only")
            if not edge.add:
                raise UsageError(f"{name} has no version in {here.versions.source}: --add gives it one")
    return chosen


def _missing(both: pair.Pair, chosen: frozenset[str], add: bool) -> tuple[list[str], list[str]]:
    """The chosen images that the target has no version of, and notes about what it lacks."""
    there, here, target = both.there, both.here, both.target.name
    chosen -= here.apart.keys()  # of several versions in the target, none is missing
    missing = selection.missing(there.images, here.images, chosen - there.bundles)
    missing_bundles = selection.missing(there.images, here.images, chosen & there.bundles)
    notes = [f"{target} has no base or chart {name}: left out; add it by hand" for name in missing_bundles]
    unset = dict(selection.unset(there.images, here.images, chosen))
    unset_there = [name for name, is_source in unset.items() if not is_source]
    notes += _about(unset_there, f"no version in {both.source.name}: left out")
    unset_here = [name for name, is_source in unset.items() if is_source]
    if add:
        missing += unset_here
    else:
        notes += _about(unset_here, f"no version in {target}: left out (--add gives it one)")
        more = "left out (--add adds it, if a container there runs it)"
        notes += _about(missing, f"no images entry in {target}: {more}")
    return missing, [*notes, *settings.unknown(both)]


def _about(names: Sequence[str], lack: str) -> list[str]:
    """One note about all images that lack the same: a target may have few of those that the source has."""
    return [f"{', '.join(names)} {'has' if len(names) == 1 else 'have'} {lack}"] if names else []


def _settings_source(tree: Tree, source: Environment, kept: Pending) -> settings.Source:
    """The settings of the source or, of services that the open pull request moves, as it has them."""
    of_source = settings.of_environment(tree, source)
    return lambda one: kept.settings[one] if one in kept.settings else of_source(one)


def propose_all(workspace: Workspace, tip: Tip, tree: Tree, edges: Sequence[Edge], branch: str = "") -> Proposal:
    """The promotions along several edges from one environment, as one proposal; `tree` holds them afterwards.

    Each is made on what those before it leave, so that they may change the same files. An edge between environments
    of many folders is one for each app.
    """
    made, stages = [], {}
    notes: list[str] = []
    _insist_on_one_branch(tree, edges)
    for edge in edges:
        parts, more = of_apps(tree, edge)
        notes += more
        for part in parts:
            made.append(propose(workspace, tip, tree, part, branch))
            tree.edited(made[-1].files)
            if part is not edge:
                stages[made[-1].environment.name] = made[-1].environment.stage
    proposal = apps.together(made, stages)
    for note in dict.fromkeys(notes):
        proposal = proposal.noting(note)
    return proposal


def targets(workspace: Workspace, edges: Sequence[Edge]) -> list[Environment]:
    """The environments that the edges lead to, one for each app that is not left out, as fetched last."""
    with workspace.at(workspace.branches.tips[""], judged=False) as tree:
        parts = [part for edge in edges for part in of_apps(tree, edge)[0] if not part.is_left_out]
        return [tree.environment(part.target) for part in parts]


def _insist_on_one_branch(tree: Tree, edges: Sequence[Edge]) -> None:
    """Raise UsageError where the targets are on several branches, which no pull request changes at once."""
    if not edges[1:]:
        return
    targets = [one for edge in edges for one in apps.of(tree, edge.target) or [tree.environment(edge.target)]]
    if other := next((one for one in targets if one.place != targets[0].place), None):
        where = "in different repositories" if other.repository != targets[0].repository else "on different branches"
        raise UsageError(
            f"{targets[0].stage} and {other.stage} are {where}: --separate opens a pull request for each"
        )


def of_apps(tree: Tree, edge: Edge) -> tuple[list[Edge], list[str]]:
    """The edges that `edge` means, one for each app of its environments, and notes about the other apps.

    Raises UsageError where no app is in both environments, and for a name that is in none.
    """
    sources, targets = apps.of(tree, edge.source), apps.of(tree, edge.target)
    if not sources and not targets:
        return [edge], []
    pairs = [
        (one, other)
        for one in sources or [tree.environment(edge.source)]
        for other in targets or [tree.environment(edge.target)]
        if one.app == other.app or not (sources and targets)
    ]
    if not pairs:
        raise UsageError(f"{edge.source} and {edge.target} have no app in common: see their paths in promote.yaml")
    known = list({one.name: one for pair in pairs for one in pair}.values())
    only = {one.environment.name: one.names for one in apps.asked(tree, known, edge.only)}
    exclude = {one.environment.name: one.names for one in apps.asked(tree, known, edge.exclude)}
    lacking = sorted({one.app for one in sources} - {one.app for one in targets}) if targets and not edge.only else []
    notes = [f"the app {app} has no folder in {edge.target}" for app in lacking]
    return [_of_app(edge, pair, only, exclude) for pair in pairs], notes


def _of_app(edge: Edge, pair: Sequence[Environment], only: _Names, exclude: _Names) -> Edge:
    """The part of an edge that is about one app, with those names of `only` and `exclude` that the app has."""
    source, target = (one.name for one in pair)
    part = replace(edge, source=source, target=target, only=(), exclude=())
    chosen, excluded = ([names[one.name] for one in pair if one.name in names] for names in (only, exclude))
    if excluded and () in excluded:
        return replace(part, replace=True, is_left_out=True)
    part = replace(part, exclude=tuple(dict.fromkeys(name for names in excluded for name in names)))
    if edge.only and not chosen:
        return replace(part, is_left_out=True)
    return part if () in chosen else replace(part, only=tuple(dict.fromkeys(name for one in chosen for name in one)))


def _insist_on_entries(chosen: Collection[str], versions: Versions) -> None:
    if lacking := sorted(set(chosen) - {image.name for image in versions.images}):
        raise UsageError(
            f"{lacking[0]} has no images entry in {versions.source}: add it (--add), or leave it out of --only"
        )


def branch_of(source: str, *targets: str) -> str:
    """The one branch that promotions along these edges use, so that a new one takes the place of the old."""
    # No name in promote.yaml has the character that joins them.
    return deliver.branch_of("promote", f"{source}-to-{'_and_'.join(targets)}")
