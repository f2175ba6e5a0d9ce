"""What a change must wait for: time in the environment before, company that its versions had there, open windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from promote.errors import UsageError
from promote.gates import freezes
from promote.gates.freezes import Window
from promote.model import Change, Combination, Gate, Image, Plan, Soak, Stay, Version
from promote.repository.history import Revision, last_stay
from promote.system import durations

Past = Mapping[str, Sequence[Revision]]
_STEPS = 100  # windows that follow one another without a gap in which to go
# How to get past each gate, for the message that refuses.
WAYS = {
    "hold": "leave it out with --exclude, or lift the hold with `promote release`",
    "soak": "wait, leave it out with --exclude, or say why not with --despite-soak REASON",
    "freeze": "wait for its end, or say why not with --despite-freeze REASON",
}


@dataclass(frozen=True, slots=True)
class Gates:
    """What promote.yaml asks of a change of one environment."""

    soak: timedelta | None = None
    combination: Literal["warn", "deny"] = "warn"
    freeze: tuple[Window, ...] = ()


def despite(freeze: str | None, soak: str | None, combination: str | None = None) -> dict[str, str]:
    """By gate, the reason why it does not count this time; raises UsageError for a reason that says nothing."""
    given = {"freeze": freeze, "soak": soak, "combination": combination}
    for name, reason in given.items():
        if reason is not None and not reason.strip():
            raise UsageError(f"--despite-{name} needs a reason: whoever reads the history will want to know")
    return {name: " ".join(reason.split()) for name, reason in given.items() if reason is not None}


def _never(_: Change) -> bool:
    return False


def same(one: Version, other: Version) -> bool:
    """Whether two versions are the same program, as far as both say: by digest or, where one has none, by tag."""
    if one.digest and other.digest:
        return one.digest == other.digest
    return one.tag is not None and one.tag == other.tag


def previous(target: str, order: Sequence[str]) -> str | None:
    """The environment that stands before `target` in the order of promotion."""
    position = order.index(target) if target in order else 0
    return order[position - 1] if position else None


def gated(
    plan: Plan,
    images: Sequence[Image],
    past: Past,
    asked: Gates,
    now: datetime,
    back: Callable[[Change], bool] = _never,
) -> Plan:
    """The plan with what was measured, and the gates that `asked` puts before it.

    `images` are the target's before the change; `past` is empty where history is cut off. What goes `back`, as a
    rollback does, waits for nothing.
    """
    source = plan.source if plan.source in past else previous(plan.target, list(past))
    known = past[source] if source else ()
    forward = [change for change in plan.changes if not back(change)]
    plan = replace(
        plan,
        soak=_soak(source, known, forward, asked, now) if source and known else None,
        combination=_combination(source, known, _after(images, plan.changes), asked, now) if source else None,
        freeze=freezes.current(asked.freeze, now) if forward else None,
    )
    shut = [*_freeze_gates(plan, asked), *_soak_gates(plan, forward, asked)] if forward else []
    return replace(plan, gates=(*plan.gates, *shut))


def earliest(now: datetime, shut_at: Callable[[datetime], Sequence[Gate]]) -> datetime | None:
    """When all gates first are open, from `now` on; None where one of them waits for more than time.

    `shut_at` tells which are shut at a moment: by the time that one opens, another may have shut.
    """
    for _ in range(_STEPS):
        shut = shut_at(now)
        opens = [gate.until for gate in shut if gate.until]
        if len(opens) < len(shut):
            return None
        if not opens:
            return now
        now = max(opens)
    return None


def _soak(source: str, known: Sequence[Revision], changes: Sequence[Change], asked: Gates, now: datetime) -> Soak:
    def stay(change: Change) -> Stay | None:
        return last_stay(known, lambda revision: runs(revision, change.image, change.new), now)

    return Soak(source, asked.soak, tuple((change, stay(change)) for change in changes))


def runs(revision: Revision, name: str, version: Version) -> bool:
    """Whether a revision had the image `name` at `version`."""
    image = revision.image(name)
    return image is not None and same(image.version, version)


def _after(images: Sequence[Image], changes: Sequence[Change]) -> list[Image]:
    new = {change.image: change.new for change in changes}
    return [replace(image, version=new.get(image.name, image.version)) for image in images]


def _combination(
    source: str, known: Sequence[Revision], after: Sequence[Image], asked: Gates, now: datetime
) -> Combination | None:
    """Of the images that the source ever had: whether it ran the versions together, and where it is apart now."""
    shared = {image.name for revision in known for image in revision.images}
    together = [image for image in after if image.name in shared]
    if not together:
        return None
    stay = last_stay(known, lambda one: all(runs(one, image.name, image.version) for image in together), now)
    apart = [image for image in together if not runs(known[-1], image.name, image.version)]
    there = [known[-1].image(image.name) for image in apart]
    pairs = zip(apart, (image.version if image else None for image in there), strict=True)
    return Combination(source, stay, tuple(pairs), asked.combination == "deny")


def _freeze_gates(plan: Plan, asked: Gates) -> list[Gate]:
    if not asked.freeze:
        return []
    if plan.freeze is None:
        return [Gate("freeze", plan.target, True, "outside of the windows in promote.yaml")]
    why = plan.despite.get("freeze")
    reason = f"{plan.freeze.reason}, until {plan.freeze.until}"
    return [Gate("freeze", plan.target, why is not None, reason, plan.freeze.end.astimezone(UTC), why)]


def _soak_gates(plan: Plan, changes: Sequence[Change], asked: Gates) -> list[Gate]:
    if asked.soak is None:
        return []
    why = plan.despite.get("soak")
    stays = dict(plan.soak.stays) if plan.soak else {}
    found = []
    for change in changes:
        stay = stays.get(change)
        passed = stay is not None and stay.length >= asked.soak
        until = stay.since + asked.soak if stay and not stay.until and not passed else None
        reason = f"{_told(plan, stay)}; {durations.spoken(asked.soak)} are asked for"
        found.append(Gate("soak", change.service, passed or why is not None, reason, until, None if passed else why))
    return found


def _told(plan: Plan, stay: Stay | None) -> str:
    """In moments rather than lengths, so that a pull request that is renewed says the same as before."""
    if plan.soak is None:
        return "how long it ran before is not known here (in a shallow clone run `git fetch --unshallow`)"
    if stay is None:
        return f"it never ran in {plan.soak.environment}"
    end = f" until {_minute(stay.until)}" if stay.until else ""
    return f"in {plan.soak.environment} since {_minute(stay.since)}{end} ({stay.commit[:12]})"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
