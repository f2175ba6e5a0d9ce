"""Repeats a change, from the fetch on, while other writers are faster; if it gives up, it reports who they were."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from promote.checks import renderings
from promote.errors import PromoteError, RaceLost, StillLocked
from promote.repository.environments import is_elsewhere
from promote.repository.workspace import Workspace
from promote.system import races, settings
from promote.system.progress import report

_Result = TypeVar("_Result")
_MOST_NAMES = 5


def retrying(workspace: Workspace, attempt: Callable[[], _Result], *, lands: bool = True) -> _Result:
    """Repeat `attempt` on each new tip while others push first, with every gate again.

    What it renders from the same files as before is not rendered again, and their verdict is remembered.
    With `lands`, it moves the shared branch, and so it takes its turn at once. Raises RaceLost, with how often it was
    tried and by whom the branches were moved, when PROMOTE_RACE_TIMEOUT is over.
    """
    tried = 0

    def counted() -> _Result:
        nonlocal tried
        tried += 1
        return attempt()

    def lost(number: int, error: RaceLost) -> None:
        report(f"try {number}: {error}: everything is planned and every gate asked again, on the new tip")

    try:
        with renderings.kept():
            return races.until_won(counted, workspace.place, in_turn=lands, lost=lost)
    except StillLocked:
        raise
    except RaceLost as error:
        last = error
    limit = f"{settings.RACES} is {settings.seconds(settings.RACES):g} s"
    raise RaceLost(
        f"tried {tried} times, and each time a branch of '{workspace.remote}' had moved, {_movers(workspace)} "
        f"({last}); run the command again, or allow more time: {limit}"
    )


def _movers(workspace: Workspace) -> str:
    """Who moved the branches that were fetched for the tries."""
    names: list[str] = []
    with suppress(PromoteError):
        first, last = workspace.branches.fetched[0], workspace.branches.fetch(*workspace.branches.asked)
        for ref, commit in last.items():
            if first.get(ref, commit) != commit:
                line = workspace.branches.line(ref if is_elsewhere(ref) else "")
                names += line.repository.authors([(first[ref], commit)])
        names = list(dict.fromkeys(names))
    shown = [*names[:_MOST_NAMES], *([f"{len(names) - _MOST_NAMES} others"] if names[_MOST_NAMES:] else [])]
    return f"by {', '.join(shown)}" if shown else "by somebody who left no commit"
