"""What the rules about a change are given: plain values, in which null means that it is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promote.gates.protocol import Context, Facts, History
from promote.model import Change, Plan, Revision, Version


def facts(plan: Plan, context: Context, others: Sequence[str] | None = None) -> Facts:
    """The input of the rules `change.*`; policies/README.md says what each field means.

    `others` are the changes other than images, None where nobody looked.
    """
    previous = context.previous
    before = _versions(context.history[previous]) if previous and plan.changes else {}
    return {
        "from": plan.source or None,
        "to": plan.target,
        "previous": previous,
        "images": [_image(change, context, before) for change in plan.changes],
        "others": None if others is None else list(others),
        **measured(plan),
        "base": context.base,
        "head": context.head,
    }


def measured(plan: Plan) -> Facts:
    """What the gates found out, by gate: null where nobody looked or nothing is known."""
    return {**plan.facts, "despite": dict(plan.despite)}


def _image(change: Change, context: Context, before: Mapping[str, set[Version]]) -> Facts:
    versions, history = before.get(change.image), context.history
    return {
        "service": change.service,
        "image": change.image,
        "old": _version(change.old),
        "new": _version(change.new),
        "rolled_back": context.goes_back(change),
        # Not known where the environment before never had such an image.
        "ran": any(version.matches(change.new) for version in versions) if versions else None,
        "digests": _digests(change, history) if history and change.new.digest else None,
    }


def _version(version: Version) -> Facts:
    return {"tag": version.tag, "digest": version.digest}


def _versions(revisions: Sequence[Revision]) -> dict[str, set[Version]]:
    """Every version that an environment ever had, by image."""
    found: dict[str, set[Version]] = {}
    for revision in revisions:
        for image in revision.images:
            if image.name in revision.changed:
                found.setdefault(image.name, set()).add(image.version)
    return found


def _digests(change: Change, history: History) -> list[str]:
    """Every digest that any environment ran under the new version's tag."""
    if change.new.tag is None:
        return []
    # All histories: that is most of what a plan takes, so a version without a digest does not ask for it.
    ran = (image for revisions in history.values() for one in revisions if (image := one.image(change.image)))
    versions = {change.old} | {image.version for image in ran}
    return sorted({each.digest for each in versions if each.digest and each.tag and each.tag == change.new.tag})
