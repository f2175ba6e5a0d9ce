"""What an environment ran, revision by revision, derived from the files in Git and from nothing else.

Revisions are the distinct image sets on the first-parent line of the shared branch, numbered from 1, so
every clone counts alike and neither squash nor rebase can lose one.
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
    """A revision that did what a rollback does, and the images that it left for earlier ones."""

    revision: Revision
    left: tuple[Image, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A commit that touched an environment, with the images it left there."""

    commit: str
    when: str
    author: str
    subject: str
    images: tuple[Image, ...]


def revisions(commits: Iterable[Recorded]) -> list[Revision]:
    """The revisions that `commits`, oldest first, amount to; commits that move no image make none."""
    found: list[Revision] = []
    previous: frozenset[Image] = frozenset()
    for commit in commits:
        images = frozenset(commit.images)
        if images == previous or not images:
            continue
        changed = frozenset(image.name for image in images - previous)
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
        previous = images
    return found


def of_service(known: Sequence[Revision], names: Iterable[str]) -> list[Revision]:
    """The revisions in which one of the images `names` came or moved; their numbers stay the environment's."""
    wanted = set(names)
    return [revision for revision in known if wanted & revision.changed]


def numbered(known: Sequence[Revision], number: int) -> Revision:
    """Revision `number`; raises UsageError with the range there is."""
    if not 1 <= number <= len(known):
        there = f"revisions 1 to {len(known)}" if known else "no revision"
        raise UsageError(f"there is no revision {number}: history has {there}")
    return known[number - 1]


def at_commit(known: Sequence[Revision], commit: str, is_ancestor: Callable[[str, str], bool]) -> Revision:
    """The revision that was current at `commit`; raises UsageError when there was none yet."""
    # On one first-parent line, what contains a revision contains those before it, so halving finds the last.
    past = bisect_left(known, True, key=lambda revision: not is_ancestor(revision.commit, commit))
    if not past:
        raise UsageError(f"commit {commit[:12]} is older than every revision of this environment")
    return known[past - 1]


def earlier(known: Sequence[Revision], name: str, refused: Callable[[Image], bool]) -> Image:
    """The image `name` as it was before its present version, passing over refused ones.

    Raises UsageError when there is no earlier version to go back to.
    """
    ran = _steps(image for revision in known if (image := revision.image(name)))
    for image in reversed(ran[:-1]):
        if not refused(image):
            return image
    raise UsageError(f"{name} has no earlier version in history to go back to")


def earlier_set(known: Sequence[Revision], refused: Callable[[Image], bool]) -> Revision:
    """The newest revision before the present one that holds no refused version.

    Raises UsageError when there is none.
    """
    by_set = {frozenset(revision.images): revision for revision in known}
    for images in reversed(_steps(frozenset(revision.images) for revision in known)[:-1]):
        if not any(refused(image) for image in images):
            return by_set[images]
    raise UsageError("there is no earlier revision to go back to")


def returned(known: Sequence[Revision], name: str, refused: Refused) -> Return | None:
    """The newest move of the image `name`, if it is what a rollback of that image would have done there.

    `refused` says of a commit which images are held: a rollback goes back by one, and holds what it leaves.
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
    """The newest revision, if it is what a rollback of everything would have made there; see `returned`."""
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
    """The way to the present state; one that returned to an earlier state takes back all that lay between."""
    way: list[_State] = []
    for state in states:
        if state in way:
            del way[way.index(state) :]
        way.append(state)
    return way
