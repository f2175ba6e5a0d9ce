"""Repeats what lost a race for a branch, until it wins or its time is over."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar

from promote.errors import RaceLost, StillLocked
from promote.system import clock, settings
from promote.system.turns import turn

_Result = TypeVar("_Result")
_UNCLEAR = 10  # losses in a row in which the remote only says that it cannot lock a ref
_LONGEST = 8.0  # pauses are at most this many times as long as a try
_SHORTEST_TRY = 0.02  # seconds


def until_won(
    attempt: Callable[[], _Result],
    place: Callable[[], str],
    *,
    in_turn: bool = False,
    lost: Callable[[int, RaceLost], object] = lambda *_: None,
) -> _Result:
    """Repeat `attempt` while it raises RaceLost; raises the last one when PROMOTE_RACE_TIMEOUT is over.

    From the first loss on, or at once with `in_turn`, it takes its turn among the writers of this machine at `place`,
    and keeps it. Against those of other machines it pauses, for a random time that first grows with each loss and
    then shrinks, so that no writer waits without end. `lost` gets the number of each try that was lost.
    """
    patience = settings.seconds(settings.RACES)
    start, number, unclear = clock.elapsed(), 0, 0
    with ExitStack() as stack:
        if in_turn:
            stack.enter_context(turn(place()))
            start = clock.elapsed()
        while True:
            number, began = number + 1, clock.elapsed()
            try:
                return attempt()
            except RaceLost as error:
                unclear = unclear + 1 if isinstance(error, StillLocked) else 0
                pause = _pause(number, clock.elapsed() - began)
                if unclear == _UNCLEAR or clock.elapsed() + pause - start > patience:
                    raise
                lost(number, error)
            if number == 1 and not in_turn:
                stack.enter_context(turn(place()))
            clock.pause(pause)


def _pause(number: int, length: float) -> float:
    """How long to wait after the loss of try `number`, which took `length` seconds."""
    most = max(0.0, min(2.0**number, _LONGEST + 3 - number))
    return random.uniform(0, most) * max(length, _SHORTEST_TRY)  # noqa: S311 it hides nothing
