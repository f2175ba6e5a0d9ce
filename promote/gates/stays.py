"""How long something ran in an environment without interruption, by the dates of commits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

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


@dataclass(frozen=True)
class Stays:
    """How long things ran in an environment until `now`; `known` are all of its revisions."""

    known: Sequence[Revision]
    now: datetime

    def last(self, is_there: Callable[[Revision], bool]) -> Stay | None:
        """The newest unbroken row of revisions in which something is there; None where it never was."""
        known, end = self.known, len(self.known)
        # From the newest on: what is asked about is rarely old, and histories are long.
        while end and not is_there(known[end - 1]):
            end -= 1
        if not end:
            return None
        start = end - 1
        while start and is_there(known[start - 1]):
            start -= 1
        since, until = self._times[start], self._times[end] if end < len(known) else None
        return Stay(known[start].commit, since, until, max((until or self.now) - since, timedelta()))

    @cached_property
    def _times(self) -> list[datetime]:
        """When each revision came: not before the one before it, nor after `now`, since not every clock is right."""
        times: list[datetime] = []
        latest = datetime.min.replace(tzinfo=UTC)
        for revision in self.known:
            said = durations.instant(revision.when)
            latest = max(latest, said) if said <= self.now else latest
            # One wrong date must not hold up what comes after it.
            times.append(latest if said <= self.now else self.now)
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
