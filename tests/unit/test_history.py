from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from promote.errors import UsageError
from promote.model import Image, Revision, Version
from promote.repository import history
from promote.repository.history import Recorded

NAMES = ("a", "b")
T = TypeVar("T")


def image(name: str, tag: str) -> Image:
    return Image(name, name, Version(tag))


def free(_: Image) -> bool:
    """Whether an image is refused: none is."""
    return False


image_sets = st.lists(
    st.builds(image, st.sampled_from(NAMES), st.sampled_from("123")), unique_by=lambda image: image.name
).map(tuple)
pasts = st.lists(image_sets, max_size=8)


def recorded(past: Sequence[tuple[Image, ...]]) -> list[Recorded]:
    return [
        Recorded(f"{number:040x}", "2026-01-02", "A", f"change {number}", each) for number, each in enumerate(past)
    ]


def revisions(*tags: str) -> list[Revision]:
    """One image `a`, by the tags it had."""
    return history.revisions(recorded([(image("a", tag),) for tag in tags]))


def test_commits_that_move_nothing_are_no_revisions() -> None:
    found = history.revisions(recorded([(), (image("a", "1"),), (image("a", "1"),), (), (image("a", "2"),)]))
    assert [(one.number, one.commit[-1], one.changed) for one in found] == [
        (1, "1", frozenset("a")),
        (2, "4", frozenset("a")),
    ]


def test_order_of_images_does_not_matter() -> None:
    one, two = image("a", "1"), image("b", "1")
    assert len(history.revisions(recorded([(one, two), (two, one)]))) == 1


@given(st.lists(st.lists(st.builds(image, st.sampled_from(NAMES), st.sampled_from("12")), max_size=3), max_size=6))
def test_a_revision_is_another_set_of_images(past: list[list[Image]]) -> None:
    """Also where a name is there twice, in any order, and whether images are the same objects or equal ones."""
    expected, before = [], frozenset[Image]()
    for each in map(frozenset, past):
        if each and each != before:
            expected.append(frozenset(one.name for one in each - before))
            before = each
    assert [one.changed for one in history.revisions(recorded([tuple(each) for each in past]))] == expected


def test_changed_names_what_came_or_moved() -> None:
    found = history.revisions(recorded([(image("a", "1"), image("b", "1")), (image("a", "1"), image("b", "2"))]))
    assert [one.changed for one in found] == [{"a", "b"}, {"b"}]


@given(pasts, pasts)
def test_numbers_are_stable(past: list[tuple[Image, ...]], future: list[tuple[Image, ...]]) -> None:
    known = history.revisions(recorded(past))
    assert [one.number for one in known] == list(range(1, len(known) + 1))
    # Whatever is committed later, no number ever means something else.
    assert history.revisions(recorded(past + future))[: len(known)] == known


@given(pasts)
def test_neighbours_differ(past: list[tuple[Image, ...]]) -> None:
    known = history.revisions(recorded(past))
    for before, after in pairwise(known):
        assert set(before.images) != set(after.images)


@given(pasts, st.sampled_from(NAMES))
def test_of_service_keeps_the_numbers(past: list[tuple[Image, ...]], name: str) -> None:
    known = history.revisions(recorded(past))
    assert [one for one in known if name in one.changed] == history.of_service(known, [name])


def test_numbered() -> None:
    known = revisions("1", "2")
    assert history.numbered(known, 2) == known[1]


@pytest.mark.parametrize("number", [0, -1, 3])
def test_numbered_refuses(number: int) -> None:
    with pytest.raises(UsageError, match=f"no revision {number}: history has revisions 1 to 2"):
        history.numbered(revisions("1", "2"), number)
    with pytest.raises(UsageError, match="history has no revision"):
        history.numbered([], number)


@given(st.integers(0, 9), st.integers(0, 9))
def test_at_commit(length: int, commit: int) -> None:
    known = revisions(*map(str, range(length)))

    def is_ancestor(older: str, newer: str) -> bool:
        return int(older, 16) <= int(newer, 16)

    assume(length)
    assert history.at_commit(known, f"{commit:040x}", is_ancestor) == known[min(commit, length - 1)]


def test_at_commit_before_everything() -> None:
    with pytest.raises(UsageError, match="commit 0123456789ab is older than every revision"):
        history.at_commit(revisions("1"), "0123456789abcdef", lambda *_: False)


def none_or(found: Callable[[], T]) -> T | None:
    try:
        return found()
    except UsageError:
        return None


@given(pasts, st.sampled_from(NAMES), st.frozensets(st.sampled_from("123")))
def test_earlier_ran_once_and_is_not_refused(past: list[tuple[Image, ...]], name: str, held: frozenset[str]) -> None:
    known = history.revisions(recorded(past))
    if found := none_or(lambda: history.earlier(known, name, lambda one: one.version.tag in held)):
        assert found.version.tag not in held
        assert found in [revision.image(name) for revision in known[:-1]]
        assert found != known[-1].image(name)


@given(pasts, st.frozensets(st.sampled_from("123")))
def test_earlier_set_ran_once_and_is_not_refused(past: list[tuple[Image, ...]], held: frozenset[str]) -> None:
    known = history.revisions(recorded(past))
    if found := none_or(lambda: history.earlier_set(known, lambda one: one.version.tag in held)):
        assert [one for one in found.images if one.version.tag in held] == []
        assert found in known[:-1]
        assert set(found.images) != set(known[-1].images)


def test_earlier_is_the_nearest() -> None:
    assert history.earlier(revisions("1", "2", "3"), "a", free).version.tag == "2"
    assert history.earlier(revisions("1", "2", "3"), "a", lambda one: one.version.tag == "2").version.tag == "1"
    assert history.earlier_set(revisions("1", "2", "3"), free).number == 2


def test_second_rollback_goes_further_back() -> None:
    # 3 was rolled back to 2 and is held; whoever rolls back again wants 1.
    known = revisions("1", "2", "3", "2")
    assert history.earlier(known, "a", lambda one: one.version.tag == "3").version.tag == "1"
    assert history.earlier_set(known, lambda one: one.version.tag == "3").images == known[0].images


def told(held: Mapping[str, frozenset[Image]]) -> history.Refused:
    """The holds by the last digit of the commit; the commit before has those of the number before."""
    return lambda commit, one: one in held.get(commit[-1] if len(commit) == 40 else str(int(commit[-2]) - 1), ())


@given(pasts, st.sampled_from(NAMES))
def test_a_rollback_is_known_again(past: list[tuple[Image, ...]], name: str) -> None:
    known = history.revisions(recorded(past))
    goal = none_or(lambda: history.earlier(known, name, free))
    assume(goal)
    assert goal
    left = known[-1].image(name)
    assume(left)
    assert left
    there = tuple(goal if one.name == name else one for one in known[-1].images)
    after = history.revisions(recorded([*(one.images for one in known), there]))
    found = history.returned(after, name, told({str(len(known)): frozenset({left})}))
    assert found == history.Return(after[-1], (left,))
    # The same move without a hold is a change like any other, and so is one to where no rollback would go.
    assert history.returned(after, name, told({})) is None
    assert (
        history.returned(after, name, told({str(len(known) + up): frozenset({left, goal}) for up in (0, -1)})) is None
    )


@given(pasts)
def test_a_rollback_of_everything_is_known_again(past: list[tuple[Image, ...]]) -> None:
    known = history.revisions(recorded(past))
    goal = none_or(lambda: history.earlier_set(known, free))
    assume(goal)
    assert goal
    after = history.revisions(recorded([*(one.images for one in known), goal.images]))
    left = tuple(image for image in known[-1].images if image not in goal.images)
    assume(left)
    found = history.returned_set(after, told({str(len(known)): frozenset(left)}))
    assert found == history.Return(after[-1], left)
    assert history.returned_set(after, told({})) is None


def test_a_promotion_from_a_held_version_is_no_rollback() -> None:
    known = revisions("1", "2", "3", "2", "3")  # 3 was rolled back and released, then 2 was held, then came 3 again
    held = frozenset({image("a", "2")})
    assert history.returned(known, "a", told({"3": held, "4": held})) is None
    assert history.returned_set(known, told({"3": held, "4": held})) is None


@pytest.mark.parametrize("known", [[], revisions("1")])
def test_the_first_revision_took_nothing_back(known: list[Revision]) -> None:
    assert history.returned(known, "a", lambda *_: True) is None
    assert history.returned_set(known, lambda *_: True) is None


def test_nothing_to_go_back_to() -> None:
    for known in ([], revisions("1")):
        with pytest.raises(UsageError, match="no earlier version"):
            history.earlier(known, "a", free)
        with pytest.raises(UsageError, match="no earlier revision"):
            history.earlier_set(known, free)
