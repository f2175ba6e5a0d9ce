"""What the branch of a promotion proposes already: a promotion of other services adds to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from promote.changes import selection, settings
from promote.changes.situation import Situation
from promote.errors import ConfigError, NetworkError, UsageError
from promote.model import Version
from promote.repository.workspace import Workspace
from promote.versions.settings import Setting


@dataclass(frozen=True, slots=True)
class Pending:
    """By image name, the versions that a new proposal keeps of the present one; and what to say of it.

    `settings` are those that travel with them, as the present proposal has their files.
    """

    versions: Mapping[str, Version]
    notes: tuple[str, ...] = ()
    settings: Mapping[Setting, bytes | None] = field(default_factory=dict)


NOTHING = Pending({})


@dataclass(frozen=True, slots=True)
class _Move:
    service: str
    old: Version
    new: Version

    def __str__(self) -> str:
        return f"{self.service} {self.new.shortened}"


def kept(
    workspace: Workspace, here: Situation, branch: str, chosen: Collection[str], allowed: Collection[str]
) -> Pending:
    """What a proposal that decides on `chosen` images keeps of the one on `branch`, as the last fetch found it.

    It keeps the moves of other `allowed` images whose present version is still the one that they replace.
    """
    head = workspace.branches.head(branch, here.tip.place)
    if head is None:
        return NOTHING
    moves = {name: move for name, move in _moves(workspace, here, head).items() if name not in chosen}
    now = {image.name: image.version for image in here.images}
    left = {name: move for name, move in moves.items() if name in now and now[name] != move.new}
    if not left:
        return NOTHING
    where, is_open = _where(workspace, branch, here.tip.place)
    held = {name: move for name, move in left.items() if is_open and name in allowed and now[name] == move.old}
    dropped = [
        f"{move}" + ("" if now[name] == move.old else f", because {here.environment.name} now has {now[name]}")
        for name, move in left.items()
        if name not in held
    ]
    notes = [f"{where} keeps {', '.join(map(str, held.values()))}: --replace drops it"] if held else []
    notes += [f"{where} no longer proposes {', '.join(dropped)}"] if dropped else []
    # Settings travel with the images, as that branch has them.
    config, there, line = here.tree.config, here.environment, workspace.branches.line(here.tip.place)
    travelling = {
        one: line.read(head, settings.path_of(one, there))
        for one in config.settings
        if settings.of_service(one, there, config, here.images) & held.keys()
    }
    return Pending({name: move.new for name, move in held.items()}, tuple(notes), travelling)


def _moves(workspace: Workspace, here: Situation, head: str) -> dict[str, _Move]:
    """By image name, what the commit `head` moves in the environment; nothing where that cannot be read."""
    name = here.environment.name
    with suppress(UsageError, ConfigError):
        base = workspace.branches.line(here.tip.place).repository.merge_base(here.tip.commit, head)
        if base == head:
            return {}
        with workspace.at(here.tip.moved(base)) as before, workspace.at(here.tip.moved(head)) as after:
            old, new = (each.images(each.environment(name)) for each in (before, after))
        changes = selection.changes(old, new, here.services)
        return {one.image: _Move(one.service, one.old, one.new) for one in changes if one.old != one.new}
    return {}


def _where(workspace: Workspace, branch: str, place: str) -> tuple[str, bool]:
    """The pull request of `branch` into that at `place`, for people, and whether it is open; it is if nobody says."""
    try:
        pull = workspace.forge(place).find_open(branch, workspace.branches.line(place).branch)
    except (UsageError, NetworkError):
        return f"the branch {branch}", True
    if pull is None:
        return f"the branch {branch}, which has no open pull request,", False
    return f"pull request #{pull.number}", True
