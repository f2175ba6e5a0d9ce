"""What the rules about a change are given: plain values, in which null means that it is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promote.gates.protocol import Context, Facts, History, version_facts
from promote.model import Change, Plan, Revision, Version
from promote.repository.past import Past


def facts(plan: Plan, context: Context, others: Sequence[str] | None = None) -> Facts:
    """The input of the rules `change.*`; policies/README.md says what each field means.

    `others` are the changes other than images, None where nobody looked.
    """
    previous = context.previous
    digests = _digests(plan.changes, context.history)
    before = _versions(context.history[previous]) if previous and plan.changes else {}
    return {
        "from": plan.source or None,
        "to": plan.target,
        "previous": previous,
        "images": [_image(change, context, before, digests) for change in plan.changes],
        "others": None if others is None else list(others),
        **measured(plan),
        "base": context.base,
        "head": context.head,
    }


def measured(plan: Plan) -> Facts:
    """What the gates found out, by gate: null where nobody looked or nothing is known."""
    return {**plan.facts, "despite": dict(plan.despite)}


def _image(
    change: Change, context: Context, before: Mapping[str, set[Version]], digests: Mapping[str, set[str]]
) -> Facts:
    versions, history = before.get(change.image), context.history
    return {
        "service": change.service,
        "image": change.image,
        "old": version_facts(change.old),
        "new": version_facts(change.new),
        "rolled_back": context.goes_back(change),
        # Not known where the environment before never had such an image.
        "ran": any(version.matches(change.new) for version in versions) if versions else None,
        "digests": sorted(digests[change.image]) if history and change.new.digest else None,
    }


def _versions(revisions: Sequence[Revision]) -> dict[str, set[Version]]:
    """Every version that an environment ever had, by image."""
    found: dict[str, set[Version]] = {}
    for revision in revisions:
        for image in revision.images:
            if image.name in revision.changed:
                found.setdefault(image.name, set()).add(image.version)
    return found


def _digests(changes: Sequence[Change], history: History) -> dict[str, set[str]]:
    """By image, every digest that any environment ran under the new version's tag, also of the version that goes."""
    # It takes most of what a plan takes, so a version without a digest does not ask for it.
    asked = [change for change in changes if history and change.new.digest]
    tags = {change.image: change.new.tag for change in asked if change.new.tag is not None}
    found = history.digests(tags) if isinstance(history, Past) and tags else _read(tags, history)
    for change in asked:
        old, some = change.old, found.setdefault(change.image, set())
        if old.digest and old.tag and old.tag == change.new.tag:
            some.add(old.digest)
    return found


def _read(tags: Mapping[str, str], history: History) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for image in (image for past in history.values() for one in past for image in one.images) if tags else ():
        if tags.get(image.name) == image.version.tag and image.version.digest:
            found.setdefault(image.name, set()).add(image.version.digest)
    return found
