"""Time that a version must have run in the environment before, without interruption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

from promote.gates.protocol import Context, InvalidSettings, Judgement, Need
from promote.gates.stays import Stay, Stays, as_facts
from promote.model import Change, GateResult
from promote.system import durations


@dataclass(frozen=True, slots=True)
class Gate:
    """Closed for each version that has not run for `required`; without that, the time is only measured."""

    required: timedelta | None = None

    name: ClassVar[str] = "soak"
    way: ClassVar[str] = "wait, leave it out with --exclude, or give the reason why not with --despite-soak REASON"
    schema: ClassVar[Mapping[str, Any] | None] = {
        "description": "How long a version must have run in the environment before, without interruption: such as "
        "4h, 90m, 2d or '1d 12h'.",
        "type": "string",
        "pattern": "^[1-9][0-9]{0,3}[wdhm]( [1-9][0-9]{0,3}[wdhm])*$",
    }
    measures: ClassVar[bool] = True
    stops_rollbacks: ClassVar[bool] = False

    @classmethod
    def configured(cls, settings: Any, *, first: bool) -> Self:
        """The time; raises InvalidSettings where no environment comes before."""
        if settings is None:
            return cls()
        if first:
            raise InvalidSettings("no environment comes before the first")
        try:
            return cls(durations.parse(settings))
        except ValueError as error:
            raise InvalidSettings(str(error)) from None

    @property
    def needs(self) -> frozenset[Need]:
        """History, where it has to judge."""
        return frozenset() if self.required is None else frozenset({"history"})

    def judge(self, context: Context) -> Judgement:
        """One result per change other than a rollback."""
        source = context.source
        known = context.history[source] if source else ()
        if not source or not known:
            return Judgement(self._results([(change, None) for change in context.forward], None))
        ran = Stays(known, context.now)

        def stay_of(change: Change) -> Stay | None:
            return ran.last(lambda one: one.runs(change.image, change.new))

        stays = [(change, stay_of(change)) for change in context.forward]
        facts = {
            "environment": source,
            "required": None if self.required is None else int(self.required.total_seconds()),
            "images": [{"service": one.service, "image": one.image, **as_facts(stay)} for one, stay in stays],
        }
        remarks = tuple(
            f"{one.service} ran in {source} for {durations.spoken(stay.length)}, from {stay.commit[:12]} on"
            for one, stay in stays
            if stay
        )
        return Judgement(self._results(stays, source), facts, remarks)

    def _results(self, stays: list[tuple[Change, Stay | None]], source: str | None) -> tuple[GateResult, ...]:
        required = self.required
        if required is None:
            return ()
        found = []
        for change, stay in stays:
            passed = stay is not None and stay.length >= required
            until = stay.since + required if stay and not stay.until and not passed else None
            reason = f"{_time_in(source, stay)}; {durations.spoken(required)} are required"
            found.append(GateResult(self.name, change.service, passed, reason, until))
        return tuple(found)


def _time_in(source: str | None, stay: Stay | None) -> str:
    """In moments rather than lengths, so that a pull request that is renewed says the same as before."""
    if source is None:
        return "how long it ran before is not known here (in a shallow clone run `git fetch --unshallow`)"
    if stay is None:
        return f"it never ran in {source}"
    end = f" until {_minute(stay.until)}" if stay.until else ""
    return f"in {source} since {_minute(stay.since)}{end} ({stay.commit[:12]})"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
