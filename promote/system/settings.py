"""Limits that a user may change by an environment variable."""

from __future__ import annotations

import math
import os

from promote.errors import UsageError

GIT = "PROMOTE_GIT_TIMEOUT"  # for one exchange with the remote
RACES = "PROMOTE_RACE_TIMEOUT"  # for all tries of a change that others overtake
HTTP = "PROMOTE_HTTP_TIMEOUT"  # for all answers of servers that one command waits for
_DEFAULTS = {GIT: 60.0, RACES: 600.0, HTTP: 120.0}


def seconds(variable: str) -> float:
    """The time limit of `variable`, or its default; raises UsageError if it is not a number above 0."""
    given = os.environ.get(variable, "").strip()
    try:
        found = float(given) if given else _DEFAULTS[variable]
    except ValueError:
        found = math.nan
    if not 0 < found < math.inf:
        raise UsageError(f"{variable} is '{given}': write a number of seconds above 0")
    return found
