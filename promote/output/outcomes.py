"""What commands other than a promotion found or did, as JSON and as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from promote.model import Version, shortened
from promote.output import wording
from promote.output.values import Json, change_json, gate_json, pull_json, version_json
from promote.output.verdicts import identity_json, introduced_text
from promote.promotion.drift import Apart, Drift
from promote.promotion.explain import Explanation
from promote.promotion.holding import Changed
from promote.promotion.merge import Merged
from promote.promotion.verify import Verification
from promote.system import durations, printable

_MOST_NAMES = 5  # of environments in one line


def merged_json(done: Merged) -> Json:
    """What became of a pull request, as JSON."""
    return {
        "pull_request": pull_json(done.pull_request),
        "environments": {
            plan.target: [change_json(one) for one in plan.changes] for plan in done.plans if plan.changes
        },
        "gates": [gate_json(gate) for plan in done.plans for gate in plan.gates],
        "unbuilt": list(done.unbuilt),
        "unchanged": list(done.unchanged),
        "commit": done.commit,
        "changed": done.commit is not None,
    }


def merged_text(done: Merged) -> list[str]:
    """What became of a pull request, after the versions that it moves and what the checks said."""
    number = done.pull_request.number
    if done.verdict is None:
        return [f"pull request #{number} is already merged"]
    end = f"is merged: {done.commit[:12]}" if done.commit else "is not merged"
    moved = [f"{plan.target}: {one.service} {wording.shift(one)}" for plan in done.plans for one in plan.changes]
    policy = [remark for plan in done.plans if not plan.changes for remark in plan.remarks]
    left = _unbuilt(done.unbuilt)
    if names := done.unchanged:
        which = ", ".join(names) if len(names) <= _MOST_NAMES else f"{len(names):,} environments"
        left.append(f"not checked again: {which} (no file that they read changes)")
    return [*moved, *policy, *introduced_text(done.verdict), *left, f"pull request #{number} {end}"]


def _unbuilt(names: Sequence[str]) -> list[str]:
    """In one line, which environments nobody looked at because they could not be built before either."""
    why = "kustomize failed there before, too, and reads none of the changed files"
    return [f"not checked: {', '.join(names)} ({why})"] if names else []


def holding_json(done: Changed, environment: str) -> Json:
    """Holds that were set or lifted, as JSON."""
    return {
        "environment": environment,
        "holds": list(done.holds),
        **({"repository": done.repository} if done.repository else {}),
        "commit": done.commit,
        "changed": done.commit is not None,
    }


def holding_text(done: Changed, verb: str, environment: str) -> list[str]:
    """Holds that were set or lifted, by one commit."""
    if done.commit is None:
        return [f"nothing to {verb} in {environment}"]
    return [f"{done.title}: {done.commit[:12]} on {done.branch}"]


def verification_json(found: Verification) -> Json:
    """What a commit does, as JSON."""
    moved = found.moved.items()
    return {
        "commit": found.commit,
        "parent": found.parent,
        "environments": {name: [change_json(one) for one in each.changes] for name, each in moved},
        "holds": _holds(found),
        "unbuilt": list(found.unbuilt),
        "faults": list(found.faults),
        "verified": not found.faults,
    }


def verification_text(found: Verification) -> list[str]:
    """What a commit does, and whether that is all."""
    lines = [
        f"{name}: {one.service} {wording.shift(one)}" for name, each in found.moved.items() for one in each.changes
    ]
    lines += [*(f"holds {shortened(one)}" for one in _holds(found)), *_unbuilt(found.unbuilt)]
    verdict = "does more than move versions" if found.faults else "moves versions and nothing else"
    return [*lines, *(f"FAULT {fault}" for fault in found.faults), f"{found.commit[:12]} {verdict}"]


def _holds(found: Verification) -> list[str]:
    return [f"{hold.image} {hold.version}" for hold in found.holds]


def drift_json(found: Drift, commit: str) -> Json:
    """In what two environments differ on a commit, as JSON."""
    manifests = None if found.manifests is None else [
        {"resource": identity_json(one.resource), "path": one.path, "from": one.old, "to": one.new}
        for one in found.manifests
    ]  # fmt: skip
    return {
        "from": found.source.name,
        "to": found.target.name,
        "commit": commit,
        "images": [_apart_json(one) for one in found.images],
        "manifests": manifests,
        "unmoved": list(found.unmoved),
        "unused": {name: list(images) for name, images in found.unused.items()},
        "apart": {
            name: {image: list(lines) for image, lines in images.items()} for name, images in found.several.items()
        },
        "notes": list(found.notes),
    }


def _apart_json(one: Apart) -> Json:
    versions: Mapping[str, Version | None] = {"from": one.source, "to": one.target}
    sides = {key: version_json(version) if version else None for key, version in versions.items()}
    names = {"names": {"from": one.repositories[0], "to": one.repositories[1]}} if one.repositories else {}
    return {"service": one.service, "image": one.image, **sides, **names}


def drift_text(found: Drift) -> list[str]:
    """In what two environments differ."""
    source, target = found.source.name, found.target.name
    lines = []
    if found.is_empty and not found.unmoved and not found.images:
        lines.append(f"no version of an image was found in {source} or {target}")
    elif not found.images and not found.unmoved:
        lines.append(f"{source} and {target} have the same versions")
    often = Counter(one.service for one in found.images)
    for one in found.images:
        here, there = ((f"{name} " if name else "") for name in one.repositories or ("", ""))
        here, there = here + _version(one.source), there + _version(one.target)
        called = one.service if often[one.service] == 1 else one.image
        lines.append(f"{called}: {here} in {source}, {there} in {target}")
    lines += [f"not moved: {line}" for line in found.unmoved]
    lines += [f"note: {note}" for note in found.notes]
    lines += [wording.unused(", ".join(images), name) for name, images in found.unused.items()]
    if found.manifests is None:
        return lines
    return [
        *lines,
        f"{printable.number_of(len(found.manifests), 'difference')} other than images",
        *wording.diff_lines(found.manifests),
    ]


def _version(version: Version | None) -> str:
    return (version.shortened or "no version") if version else "none"


def explanation_json(found: Explanation) -> Json:
    """What blocks a promotion, as JSON."""
    return {
        "obstacles": [
            {
                "name": one.name,
                "reason": one.reason,
                "until": one.until and durations.moment(one.until),
                "way": one.way,
            }
            for one in found.obstacles
        ],
        "earliest": _earliest(found),
    }


def explanation_text(found: Explanation) -> list[str]:
    """What blocks a promotion."""
    if not found.obstacles:
        return ["nothing blocks this promotion"]
    lines = [line for one in found.obstacles for line in (f"{one.name}: {one.reason}", f"  to pass: {one.way}")]
    return [*lines, f"opens by itself: {_earliest(found) or 'never'}"]


def _earliest(found: Explanation) -> str | None:
    return durations.moment(found.earliest) if found.earliest else None
