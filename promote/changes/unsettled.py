"""Texts in place of a version that do not say which build runs: tags that move, and placeholders.

Another environment gets nothing from them: the same tag may be another build there, and a placeholder is filled in by
a program that knows the environment.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promote.changes.pair import Pair
from promote.model import Image, Version, is_tag
from promote.repository import stages

# What people write where a pipeline or another program is to write a tag.
_TO_FILL_IN = frozenset(
    {"placeholder", "replaceme", "replacethis", "changeme", "imagetag", "gitsha", "tag", "todo", "tbd", "version"}
)
# Names of branches and channels, whose tags are pushed again and again.
_MOVING = frozenset(
    {"latest", "main", "master", "trunk", "head", "edge", "nightly", "snapshot", "stable", "canary", "rolling"}
)

_TO_SET = "a placeholder is not a version; what fills it in decides, until `promote bump` sets a version"


def is_placeholder(version: Version) -> bool:
    """Whether the tag is to be filled in by something else: it is not a tag of any registry, or says so."""
    tag = version.tag or ""
    return bool(tag) and (not is_tag(tag) or re.sub("[-_.]", "", tag.lower()) in _TO_FILL_IN)


def is_moving(version: Version) -> bool:
    """Whether there is a tag alone that says no number: a branch, a channel such as `stable-alpine`, or a stage."""
    tag = (version.tag or "").lower()
    if not tag or version.digest or any(map(str.isdigit, tag)):
        return False
    return not _MOVING.isdisjoint(re.split("[-_.]", tag)) or (tag.isalpha() and stages.rank(tag) is not None)


def said(images: Iterable[Image], *, as_target: bool = False) -> list[Image]:
    """The images whose version can be promoted or, `as_target`, be replaced by a promotion."""
    return [one for one in images if not is_placeholder(one.version) and (as_target or not is_moving(one.version))]


@dataclass(frozen=True, slots=True)
class Unsettled:
    """The `names` of images that a promotion leaves, with why; `notes` are about those that have the same text."""

    lines: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def between(both: Pair, known: Collection[str], only: Collection[str] = ()) -> Unsettled:
    """What is not promoted from one environment to the other, and what may differ unseen.

    If `only` some images are asked for, those with a tag that moves are meant as they are. Why the images that are
    called in `known` cannot be moved is said already.
    """
    source, target = both.source.name, both.target.name
    others = both.there.bundles.union(both.here.bundles, known)
    now = {image.name: image for image in both.here.images if image.version.is_set and image.name not in others}
    pairs = [(one, now[one.name]) for one in both.there.images if one.version.is_set and one.name in now]
    apart = [(one, other) for one, other in pairs if one.version != other.version]
    same = [one for one, other in pairs if one.version == other.version]
    placeholders = [
        (image, name)
        for versions in apart
        for image, name in zip(versions, (source, target), strict=True)
        if is_placeholder(image.version)
    ]
    moving = [one for one, other in apart if is_moving(one.version) and not is_placeholder(other.version)]
    moving = [] if only else moving
    lines = []
    if moving:
        lines.append(
            f"{_named(moving)}: a tag that moves does not say which build runs: `promote pin {source}` adds digests; "
            "--only NAME takes the tag as it is"
        )
    if placeholders:
        some = ", ".join(f"{image.name} ({image.version} in {name})" for image, name in placeholders)
        lines.append(f"{some}: {_TO_SET}")
    names = frozenset(image.name for image in (*moving, *(image for image, _ in placeholders)))
    return Unsettled(tuple(lines), names, (*_unseen(same), *_unseen_bundles(both)))


def _unseen_bundles(both: Pair) -> Iterator[str]:
    """What to say of bases that two environments take from the same branch of another repository."""
    known = {(one.name, one.version) for one in both.here.images}
    bundles = both.there.bundles & both.here.bundles
    same = [one for one in both.there.images if one.name in bundles and (one.name, one.version) in known]
    if moving := [one for one in same if is_moving(one.version)]:
        yield f"{_named(moving)}: a branch moves, so it may be another commit in each: name a tag or a commit"


def _unseen(same: Sequence[Image]) -> Iterator[str]:
    """What to say of images that two environments have with the same text."""
    if moving := [one for one in same if is_moving(one.version) and not is_placeholder(one.version)]:
        yield f"{_named(moving)}: the tag moves, so it may be another build in each: `promote pin ENV` adds digests"
    if placeholders := [one for one in same if is_placeholder(one.version)]:
        yield f"{_named(placeholders)}: {_TO_SET}"


def _named(images: Iterable[Image]) -> str:
    return ", ".join(f"{image.name} ({image.version})" for image in images)


def of_all(running: Mapping[str, Sequence[Image]], bundles: Collection[str]) -> list[str]:
    """In a line each, the tags and branches that move and the placeholders of all environments.

    What is called in `bundles` is a chart or a base.
    """
    images = [image for each in running.values() for image in each]
    placeholders = sorted({str(one.version) for one in images if is_placeholder(one.version)})
    all_moving = [one for one in images if is_moving(one.version) and str(one.version) not in placeholders]
    moving = sorted({str(one.version) for one in all_moving if one.name not in bundles})
    branches = sorted({str(one.version) for one in all_moving if one.name in bundles})
    lines = []
    if moving:
        lines.append(
            f"tags that move do not say which build runs, and are not promoted: {', '.join(moving)}; "
            "`promote pin ENV` adds digests"
        )
    if branches:
        lines.append(
            f"branches move, so a base may become another commit: {', '.join(branches)}; name a tag or a commit"
        )
    if placeholders:
        lines.append(f"placeholders are not versions, and are not promoted: {', '.join(placeholders)}")
    return lines
