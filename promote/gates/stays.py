"""How long something ran in an environment without interruption, by the dates of commits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from promote.gates.protocol import Facts
from promote.model import Revision
from promote.system import durations


@dataclass(frozen=True, slots=True)
class Stay:
    """Something that an environment ran without interruption: from `commit` until `until`, or until now."""

    commit: str
    since: datetime
    until: datetime | None
    length: timedelta


def last_stay(known: Sequence[Revision], is_there: Callable[[Revision], bool], now: datetime) -> Stay | None:
    """The newest unbroken row of revisions in which something is there; None where it never was."""
    rows = [list(row) for there, row in groupby(known, is_there) if there]
    if not rows:
        return None
    times = _times(known, now)
    first, last = rows[-1][0], rows[-1][-1]
    since, until = times[first.number - 1], times[last.number] if last.number < len(known) else None
    return Stay(first.commit, since, until, max((until or now) - since, timedelta()))


def _times(known: Sequence[Revision], now: datetime) -> list[datetime]:
    """When each revision came: not before the one before it, and not after `now`, since not every clock is right."""
    times: list[datetime] = []
    latest = datetime.min.replace(tzinfo=UTC)
    for revision in known:
        said = durations.instant(revision.when)
        latest = max(latest, said) if said <= now else latest
        # One wrong date must not hold up what comes after it.
        times.append(latest if said <= now else now)
    return times


def as_facts(stay: Stay | None) -> Facts:
    """A stay, or that there was none, as JSON."""
    if stay is None:
        return {"commit": None, "since": None, "until": None, "seconds": 0, "duration": durations.iso(timedelta())}
    return {
        "commit": stay.commit,
        "since": durations.moment(stay.since),
        "until": stay.until and durations.moment(stay.until),
        "seconds": int(stay.length.total_seconds()),
        "duration": durations.iso(stay.length),
    }
