"""What a merge moves in each environment, and what its gates need to know about that."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from promote.changes import adding, pair, selection
from promote.checks import renderings
from promote.checks.renderings import Build
from promote.errors import ConfigError, RenderError
from promote.gates.protocol import Context, History
from promote.kustomize import differences
from promote.model import Change, Hold, Plan
from promote.proof import layered
from promote.proof.layered import Moves
from promote.repository.environments import Environment
from promote.repository.tree import Tree


@dataclass(frozen=True, slots=True)
class Move:
    """What the merge does to one environment, as the target branch has it; `images` are those before it.

    `own` is the environment as the pull request has it, None where it has none of that name. `whole` says that all of
    its layers were read.
    """

    environment: Environment
    context: Context
    own: Environment | None = None
    whole: bool = False


def moves(
    before: Tree,
    after: Tree,
    affected: Sequence[Environment],
    base: Context,
    changed: Sequence[str],
    same: Collection[str],
) -> list[Move]:
    """The environments whose versions the merge moves, with the gates of the target branch.

    All that the target branch knows are among them: the pull request may give them another name, or none. What is
    called in `same` is rendered of the same files, so that only versions in declared places may move there.
    """
    found = []
    for name, there in {**{one.name: one for one in affected}, **before.readable}.items():
        if name in same and not after.config.versions:
            continue
        own = after.config.environments.get(name)
        # The old folder counts, too: the sync engine applies it, whatever folder the pull request names.
        for here in {there.path: there, **({own.path: own} if own else {})}.values():
            try:
                old, new = pair.around(before, there, after, here, changed)
            except ConfigError:
                continue  # one that the merge brings, or removes, moves nothing
            images = selection.before_items(old.images, adding.items(old, new))
            if changes := selection.changes(images, new.images, after.config.services):
                plan = Plan("", name, changes, despite=base.plan.despite)
                context = replace(base, plan=plan, images=images, after=there.after, listed=there.listed)
                found.append(Move(there, context, own if here is own else None, old.whole))
    return found


def with_layers(before: Tree, after: Tree, moves: Sequence[Move], files: Sequence[str]) -> list[Move]:
    """The moves, and those of environments that are layered on one whose own folder changes.

    Such an environment moves as that one does, unless its own folder changes, too.
    """
    layers = [layer for move in moves for layer in _layers(before, after, move, files)]
    names = {layer.environment.name for layer in layers}
    own = [one for one in moves if one.environment.name not in names or _own(one, files)]
    return [*own, *layers]


def _own(move: Move, files: Sequence[str]) -> list[str]:
    """The files of the environment's own folder among `files`."""
    return [file for file in files if posixpath.dirname(file) == move.environment.path]


def _layers(before: Tree, after: Tree, move: Move, files: Sequence[str]) -> list[Move]:
    """The environments that the merge changes because they are layered on one whose versions it moves."""
    name, context = move.environment.name, move.context
    changed, found = _own(move, files), []
    for one in after.readers(changed, [name]) if changed else []:
        there = before.config.environments.get(one.name)
        if there is None:
            continue  # the merge brings it
        try:
            old, new = renderings.of(
                [Build(tree.folder(each.path), one.name, tree.top) for tree, each in ((before, there), (after, one))]
            )
        except RenderError:
            continue  # what does not render after the merge is reported with the checks
        different = differences.differences(old.documents, new.documents)
        versions = after.versions(move.own or move.environment)
        moving = Moves(name, context.plan.changes, context.images, versions.images, (), bundles=versions.bundles)
        if moved := layered.changes(moving, different):
            asked = layered.context_of(there, moved, before, context, context.history)
            found.append(Move(layered.unordered(there), asked, layered.unordered(one)))
    return found


def with_history(move: Move, history: History) -> Move:
    """The move with what ran before it.

    What goes back to a version that the environment ran, and holds the one that it leaves, is a rollback. Where
    nobody knows what it ran, as in a shallow clone, nothing is: anybody can write a hold.
    """
    name, past = move.environment.name, history.get(move.environment.name, ())
    held: list[Hold] = [hold for hold in move.context.holds if hold.environment == name]

    def goes_back(change: Change) -> bool:
        ran = any(revision.runs(change.image, change.new) for revision in past)
        return ran and any(hold.refuses(name, change.image, change.old) for hold in held)

    return replace(move, context=replace(move.context, history=history, goes_back=goes_back))
