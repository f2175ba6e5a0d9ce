"""What the rules about a change are given: plain values, in which null means that it is not known."""

from __future__ import annotations

from collections.abc import Sequence

from promote.gates.protocol import Context, Facts, History
from promote.model import Change, Plan, Revision, Version


def facts(plan: Plan, context: Context, others: Sequence[str] | None = None) -> Facts:
    """The input of the rules `change.*`; policies/README.md says what each field means.

    `others` are the changes other than images, None where nobody looked.
    """
    return {
        "from": plan.source or None,
        "to": plan.target,
        "previous": context.previous,
        "images": [_image(change, context) for change in plan.changes],
        "others": None if others is None else list(others),
        **measured(plan),
        "base": context.base,
        "head": context.head,
    }


def measured(plan: Plan) -> Facts:
    """What the gates found out, by gate: null where nobody looked or nothing is known."""
    return {**plan.facts, "despite": dict(plan.despite)}


def _image(change: Change, context: Context) -> Facts:
    previous, history = context.previous, context.history
    return {
        "service": change.service,
        "image": change.image,
        "old": _version(change.old),
        "new": _version(change.new),
        "rolled_back": context.goes_back(change),
        "ran": None if previous is None else _ran(change, history[previous]),
        "digests": _digests(change, history) if history else None,
    }


def _version(version: Version) -> Facts:
    return {"tag": version.tag, "digest": version.digest}


def _ran(change: Change, revisions: Sequence[Revision]) -> bool | None:
    """Whether an environment ever had the new version; not known where it has no such image."""
    versions = {image.version for revision in revisions if (image := revision.image(change.image))}
    return any(version.matches(change.new) for version in versions) if versions else None


def _digests(change: Change, history: History) -> list[str]:
    """Every digest that any environment ran under the new version's tag."""
    ran = (image for revisions in history.values() for one in revisions if (image := one.image(change.image)))
    versions = {change.old} | {image.version for image in ran}
    return sorted({each.digest for each in versions if each.digest and each.tag and each.tag == change.new.tag})
