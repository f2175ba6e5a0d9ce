"""Sets and lifts holds: holds.yaml changed by one commit on the branch of the environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from promote.changes import apps, selection, situation
from promote.errors import UsageError
from promote.model import Hold, Image
from promote.promotion.bump import parse_version
from promote.promotion.retry import retrying
from promote.repository import holds
from promote.repository.environments import Environment
from promote.repository.tree import Tree
from promote.repository.workspace import Workspace
from promote.system import clock, printable


@dataclass(frozen=True, slots=True)
class Changed:
    """The holds that were set or lifted, the title of the commit, and the commit; None where there was none.

    `branch` is the one that has it, in the other repository that `repository` names, if there is one.
    """

    holds: tuple[str, ...]
    title: str
    commit: str | None
    branch: str
    repository: str = ""


def hold(workspace: Workspace, environment: str, given: str, reason: str) -> Changed:
    """Refuse the version in NAME=TAG[@DIGEST] from now on; raises UsageError without a reason."""
    name, version = parse_version(given)
    if not reason:
        raise UsageError("give the reason with --reason: whoever meets the hold will want to know")

    def edit(tree: Tree) -> _Edit:
        where, there = apps.one(tree, environment, name)
        known = situation.versions_of(tree, where, [there]).images
        images = selection.resolve(there, known, tree.config.services)
        today = clock.today().isoformat()
        standing = tree.holds()
        new = [
            Hold(where.name, image, version, reason, today)
            for image in images
            if not any(one.refuses(where.name, image, version) for one in standing)
        ]
        return _Edit(where, holds.add(tree.read(tree.holds_path(where)), new), new)

    return retrying(workspace, lambda: _commit(workspace, edit, "hold", environment))


def release(workspace: Workspace, environment: str, services: tuple[str, ...]) -> Changed:
    """Lift the holds of the named services, or all of the environment's, also of one that has lost its name."""

    def edit(tree: Tree) -> _Edit:
        standing, gone = tree.holds(), list[Hold]()
        is_lost = environment not in tree.config.environments and any(
            one.environment == environment for one in standing
        )
        lost = [apps.Asked(Environment(environment, ""), services)] if is_lost else []
        every = lost or apps.spread(tree, environment, services)
        for asked in every:
            where = asked.environment
            ours = [one for one in standing if one.environment == where.name]
            # The image or the environment may have another name by now.
            known = {one.image: Image(one.image, one.image, one.version) for one in ours}
            if not is_lost:
                known |= {one.name: one for one in situation.versions_of(tree, where, asked.names).images}
            chosen = selection.choose(list(known.values()), tree.config.services, asked.names, ())
            gone += [one for one in ours if one.image in chosen]
        where = every[0].environment
        return _Edit(where, holds.remove(tree.read(tree.holds_path(where)), gone), gone)

    return retrying(workspace, lambda: _commit(workspace, edit, "release", environment))


class _Edit(NamedTuple):
    """An environment, or one of the apps of one; the new file of its holds; and those that were set or lifted."""

    where: Environment
    data: bytes
    moved: list[Hold]


def _commit(workspace: Workspace, edit: Callable[[Tree], _Edit], verb: str, environment: str) -> Changed:
    """Let `edit` decide on the newest tip, and push what it made; raises RaceLost."""
    tip = workspace.branches.tip()
    with workspace.at(tip) as tree:
        done = edit(tree)
    tip, line = tip.on(done.where.place), workspace.branches.line(done.where.place)
    shown = tuple(f"{one.image} {one.version}" for one in done.moved)
    title = printable.one_line(f"{verb}: {environment} ({', '.join(shown)})")
    if not done.moved:
        return Changed(shown, title, None, line.label, line.another)
    made = line.commit(tip.commit, {Tree.holds_path(done.where): done.data}, f"{title}\n")
    line.land(made, tip.commit)
    return Changed(shown, title, made, line.label, line.another)
