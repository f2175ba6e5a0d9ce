"""What the rules about a change are told: the promotion as plain values, in which null means that it is not known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from promote.gates import gates
from promote.gates.gates import Past
from promote.model import Change, Combination, Freeze, Plan, Soak, Stay, Version
from promote.repository.history import Revision
from promote.system import durations

Facts = dict[str, Any]


def _never(_: Change) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Known:
    """What is known around a change: the commits it leads from and to, and what ran until then.

    `past` has the environments in the order of promotion, and is empty where history is cut off.
    `rolled_back` says whether a change goes back on purpose, and `others` what it moves beside images.
    """

    past: Past = field(default_factory=dict)
    base: str | None = None
    head: str | None = None
    rolled_back: Callable[[Change], bool] = _never
    others: Sequence[str] | None = None


def facts(plan: Plan, known: Known) -> Facts:
    """The input of the rules `change.*`; policies/README.md says what each field means."""
    return {
        "from": plan.source or None,
        "to": plan.target,
        "previous": gates.previous(plan.target, list(known.past)),
        "images": [_image(change, plan, known) for change in plan.changes],
        "others": None if known.others is None else list(known.others),
        **measured(plan),
        "base": known.base or None,
        "head": known.head,
    }


def measured(plan: Plan) -> Facts:
    """What was found out about the change in time: all of it null where nobody looked or nothing is known."""
    return {
        "soak": plan.soak and _soak(plan.soak),
        "combination": plan.combination and _combination(plan.combination),
        "freeze": plan.freeze and freeze_json(plan.freeze),
        "despite": dict(plan.despite),
    }


def freeze_json(freeze: Freeze) -> Facts:
    """A window that is open, as JSON."""
    return {"reason": freeze.reason, "start": durations.moment(freeze.start), "end": durations.moment(freeze.end)}


def _soak(soak: Soak) -> Facts:
    images = [{"service": one.service, "image": one.image, **_stay(stay)} for one, stay in soak.stays]
    required = None if soak.required is None else _seconds(soak.required)
    return {"environment": soak.environment, "required": required, "images": images}


def _combination(found: Combination) -> Facts:
    apart = [
        {"image": image.name, "here": _version(image.version), "there": there and _version(there)}
        for image, there in found.apart
    ]
    ran, required = found.stay is not None, found.required
    return {"environment": found.environment, "ran": ran, **_stay(found.stay), "apart": apart, "required": required}


def _stay(stay: Stay | None) -> Facts:
    if stay is None:
        return {"commit": None, "since": None, "until": None, "seconds": 0, "duration": durations.iso(timedelta())}
    return {
        "commit": stay.commit,
        "since": durations.moment(stay.since),
        "until": stay.until and durations.moment(stay.until),
        "seconds": _seconds(stay.length),
        "duration": durations.iso(stay.length),
    }


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def _image(change: Change, plan: Plan, known: Known) -> Facts:
    previous = gates.previous(plan.target, list(known.past))
    return {
        "service": change.service,
        "image": change.image,
        "old": _version(change.old),
        "new": _version(change.new),
        "rolled_back": known.rolled_back(change),
        "ran": None if previous is None else _ran(change, known.past[previous]),
        "digests": _digests(change, known.past) if known.past else None,
    }


def _version(version: Version) -> Facts:
    return {"tag": version.tag, "digest": version.digest}


def _ran(change: Change, revisions: Sequence[Revision]) -> bool | None:
    """Whether an environment ever had the new version; not known where it has no such image."""
    versions = {image.version for revision in revisions if (image := revision.image(change.image))}
    return any(gates.same(version, change.new) for version in versions) if versions else None


def _digests(change: Change, past: Past) -> list[str]:
    """Every digest that any environment ran under the new version's tag."""
    ran = (image for revisions in past.values() for one in revisions if (image := one.image(change.image)))
    versions = {change.old} | {image.version for image in ran}
    return sorted({each.digest for each in versions if each.digest and each.tag and each.tag == change.new.tag})
