"""Sets and lifts holds: holds.yaml changed by one commit on the shared branch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from promote.errors import UsageError
from promote.model import Hold
from promote.promotion import apps, selection, situation
from promote.promotion.bump import parse_version
from promote.promotion.retry import retrying
from promote.repository import holds
from promote.repository.tree import Tree
from promote.repository.workspace import Workspace
from promote.system import clock, printable
from promote.system.git import Push


@dataclass(frozen=True, slots=True)
class Changed:
    """The holds that were set or lifted, the title of the commit, and the commit; None where there was none."""

    holds: tuple[str, ...]
    title: str
    commit: str | None


def hold(workspace: Workspace, environment: str, given: str, reason: str) -> Changed:
    """Refuse the version in NAME=TAG[@DIGEST] from now on; raises UsageError without a reason."""
    name, version = parse_version(given)
    if not reason:
        raise UsageError("give the reason with --reason: whoever meets the hold will want to know")

    def edit(tree: Tree) -> tuple[bytes, list[Hold]]:
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
        return holds.add(tree.read(holds.FILE_NAME), new), new

    return retrying(workspace, lambda: _commit(workspace, edit, "hold", environment))


def release(workspace: Workspace, environment: str, services: tuple[str, ...]) -> Changed:
    """Lift the holds of the named services, or all of the environment's."""

    def edit(tree: Tree) -> tuple[bytes, list[Hold]]:
        gone = []
        for asked in apps.spread(tree, environment, services):
            where = asked.environment
            known = situation.versions_of(tree, where, asked.names).images
            chosen = selection.choose(known, tree.config.services, asked.names, ())
            gone += [one for one in tree.holds() if one.environment == where.name and one.image in chosen]
        return holds.remove(tree.read(holds.FILE_NAME), gone), gone

    return retrying(workspace, lambda: _commit(workspace, edit, "release", environment))


def _commit(
    workspace: Workspace, edit: Callable[[Tree], tuple[bytes, list[Hold]]], verb: str, environment: str
) -> Changed:
    """Let `edit` decide on the shared branch's tip, and push what it made; raises RaceLost."""
    tip = workspace.tip()
    with workspace.at(tip.commit) as tree:
        data, moved = edit(tree)
    shown = tuple(f"{one.image} {one.version}" for one in moved)
    title = printable.one_line(f"{verb}: {environment} ({', '.join(shown)})")
    if not moved:
        return Changed(shown, title, None)
    made = workspace.repository.commit(tip.commit, {holds.FILE_NAME: data}, f"{title}\n")
    workspace.repository.push(workspace.remote, Push(workspace.base_ref, made, tip.commit))
    return Changed(shown, title, made)
