"""What the rules about a change are told: the promotion as plain values, in which null means that it is not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from promote.history import Revision
from promote.model import Change, Plan, Version

Facts = dict[str, Any]
Past = Mapping[str, Sequence[Revision]]


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
        "previous": _previous(plan.target, list(known.past)),
        "images": [_image(change, plan, known) for change in plan.changes],
        "others": None if known.others is None else list(known.others),
        # Nobody measures or declares these yet.
        "soak": None,
        "combination": None,
        "freeze": None,
        "base": known.base or None,
        "head": known.head,
    }


def _previous(target: str, order: Sequence[str]) -> str | None:
    """The environment that stands before `target`."""
    position = order.index(target) if target in order else 0
    return order[position - 1] if position else None


def _image(change: Change, plan: Plan, known: Known) -> Facts:
    previous = _previous(plan.target, list(known.past))
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
    return any(_same(version, change.new) for version in versions) if versions else None


def _same(one: Version, other: Version) -> bool:
    if one.digest and other.digest:
        return one.digest == other.digest
    return one.tag is not None and one.tag == other.tag


def _digests(change: Change, past: Past) -> list[str]:
    """Every digest that any environment ran under the new version's tag."""
    ran = (image for revisions in past.values() for one in revisions if (image := one.image(change.image)))
    versions = {change.old} | {image.version for image in ran}
    return sorted({each.digest for each in versions if each.digest and each.tag and each.tag == change.new.tag})
