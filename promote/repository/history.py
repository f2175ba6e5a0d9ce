"""What an environment ran, revision by revision, derived only from the files in Git.

Revisions are the distinct image sets on the first-parent line of the shared branch, numbered from 1. So
every clone has the same numbers, and neither squash nor rebase can lose one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from promote.errors import UsageError
from promote.model import Image, Revision

Refused = Callable[[str, Image], bool]  # whether an image is held in the files of a commit
_State = TypeVar("_State")


@dataclass(frozen=True, slots=True)
class Return:
    """A revision that did what a rollback does, and the images that it replaced by earlier ones."""

    revision: Revision
    left: tuple[Image, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A commit that changed an environment, with the images after it."""

    commit: str
    when: str
    author: str
    subject: str
    images: tuple[Image, ...]


def revisions(commits: Iterable[Recorded]) -> list[Revision]:
    """The revisions in `commits`, oldest first; a commit that changes no image is not a revision."""
    found: list[Revision] = []
    previous: tuple[Image, ...] = ()
    for commit in commits:
        changed = _changed(previous, commit.images)
        if changed is None or not commit.images:
            continue
        found.append(
            Revision(
                len(found) + 1,
                commit.commit,
                commit.when,
                commit.author,
                commit.subject,
                commit.images,
                changed,
            )
        )
        previous = commit.images
    return found


def _changed(before: Sequence[Image], after: Sequence[Image]) -> frozenset[str] | None:
    """The names of the images that are new in `after`; None where both have the same images in any order."""
    names = [image.name for image in after]
    if len(set(names)) == len(names) and names == [image.name for image in before]:
        # The usual case, and much faster: most images are the same objects.
        pairs = zip(before, after, strict=True)
        return frozenset(new.name for old, new in pairs if old is not new and old != new) or None
    old, new = frozenset(before), frozenset(after)
    return None if old == new else frozenset(image.name for image in new - old)


def of_service(known: Sequence[Revision], names: Iterable[str]) -> list[Revision]:
    """The revisions in which one of the images `names` was added or changed, with the environment's numbers."""
    wanted = set(names)
    return [revision for revision in known if wanted & revision.changed]


def numbered(known: Sequence[Revision], number: int) -> Revision:
    """Revision `number`; raises UsageError with the known range."""
    if not 1 <= number <= len(known):
        there = f"revisions 1 to {len(known)}" if known else "no revision"
        raise UsageError(f"there is no revision {number}: history has {there}")
    return known[number - 1]


def at_commit(known: Sequence[Revision], commit: str, is_ancestor: Callable[[str, str], bool]) -> Revision:
    """The revision that was current at `commit`; raises UsageError if there was none yet."""
    # On one first-parent line, a commit with a revision also has all earlier ones, so bisection finds the last.
    past = bisect_left(known, True, key=lambda revision: not is_ancestor(revision.commit, commit))
    if not past:
        raise UsageError(f"commit {commit[:12]} is older than every revision of this environment")
    return known[past - 1]


def earlier(known: Sequence[Revision], name: str, refused: Callable[[Image], bool]) -> Image:
    """The image `name` before its current version; refused versions are skipped.

    Raises UsageError if there is no earlier version to go back to.
    """
    ran = _steps(image for revision in known if (image := revision.image(name)))
    for image in reversed(ran[:-1]):
        if not refused(image):
            return image
    raise UsageError(f"{name} has no earlier version in history to go back to")


def earlier_set(known: Sequence[Revision], refused: Callable[[Image], bool]) -> Revision:
    """The newest revision before the current one that has no refused version.

    Raises UsageError if there is none.
    """
    by_set = {frozenset(revision.images): revision for revision in known}
    for images in reversed(_steps(frozenset(revision.images) for revision in known)[:-1]):
        if not any(refused(image) for image in images):
            return by_set[images]
    raise UsageError("there is no earlier revision to go back to")


def returned(known: Sequence[Revision], name: str, refused: Refused) -> Return | None:
    """The newest change of the image `name`, if a rollback of that image would have made the same change.

    `refused` says which images are held in a commit: a rollback goes back one version, and holds the version before.
    """
    moves = of_service(known, [name])
    past = known[: moves[-1].number - 1] if moves else ()
    left = past[-1].image(name) if past else None
    if left is None or not refused(moves[-1].commit, left):
        return None
    with suppress(UsageError):
        if earlier(past, name, partial(refused, _before(moves[-1]))) == moves[-1].image(name):
            return Return(moves[-1], (left,))
    return None


def returned_set(known: Sequence[Revision], refused: Refused) -> Return | None:
    """The newest revision, if a rollback of all images would have made the same; see `returned`."""
    if not known[1:]:
        return None
    *past, last = known
    left = tuple(image for image in past[-1].images if image not in last.images)
    if not all(refused(last.commit, image) for image in left):
        return None
    with suppress(UsageError):
        if set(earlier_set(past, partial(refused, _before(last))).images) == set(last.images):
            return Return(last, left)
    return None


def _before(revision: Revision) -> str:
    return f"{revision.commit}^"


def _steps(states: Iterable[_State]) -> list[_State]:
    """The path to the current state; a return to an earlier state removes all states in between."""
    way: dict[_State, None] = {}  # a list would be searched for every state: there may be thousands
    for state in states:
        while state in way:
            way.popitem()
        way[state] = None
    return list(way)
