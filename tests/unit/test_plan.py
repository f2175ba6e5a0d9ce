from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.changes import selection
from promote.errors import UsageError
from promote.model import Change, Image, Version

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
SERVICES = {"ocr": ("shop/ocr", "shop/ocr-engine")}
versions = st.builds(Version, st.sampled_from([None, "1", "2"]), st.sampled_from([None, A, B]))


def image(name: str, tag: str | None = "1", digest: str | None = None) -> Image:
    return Image(name, name, Version(tag, digest))


def sets(names: tuple[str, ...] = ("shop/a", "shop/b", "shop/c")) -> st.SearchStrategy[list[Image]]:
    one = st.builds(lambda name, version: Image(name, name, version), st.sampled_from(names), versions)
    return st.lists(one, unique_by=lambda image: image.name)


ALL = frozenset({"shop/a", "shop/b", "shop/c"})


@pytest.mark.parametrize(
    ("source", "target", "moves"),
    [
        (("2", None), ("1", None), True),
        (("1", None), ("1", None), False),
        (("1", A), ("1", B), True),
        (("1", A), ("1", A), False),
        (("2", A), ("1", A), True),
        # What one side does not say cannot differ.
        (("1", None), ("1", A), False),
        (("1", A), (None, A), False),
        ((None, A), ("1", A), False),
        ((None, A), ("1", B), True),
        # A digest is news to a target that has none.
        (("1", A), ("1", None), True),
    ],
)
def test_wanted(source: tuple[str | None, str | None], target: tuple[str | None, str | None], moves: bool) -> None:
    wanted = selection.wanted([image("shop/a", *source)], [image("shop/a", *target)], ALL)
    assert wanted == ({"shop/a": Version(*source)} if moves else {})


@given(sets(), sets(), st.frozensets(st.sampled_from(sorted(ALL))))
def test_only_chosen_images_of_both_sides_move(
    source: list[Image], target: list[Image], chosen: frozenset[str]
) -> None:
    wanted = selection.wanted(source, target, chosen)
    assert wanted.keys() <= chosen & {one.name for one in source} & {one.name for one in target}
    assert {name: version for name, version in wanted.items() if Image(name, name, version) not in source} == {}


@given(sets())
def test_equal_environments_have_nothing_to_promote(images: list[Image]) -> None:
    assert selection.wanted(images, images, ALL) == {}


@given(sets(), sets())
def test_after_a_promotion_nothing_waits(source: list[Image], target: list[Image]) -> None:
    wanted = selection.wanted(source, target, ALL)
    after = [Image(one.name, one.repository, wanted.get(one.name, one.version)) for one in target]
    assert selection.wanted(source, after, ALL) == {}
    before = {one.name: one.version for one in target}
    moved = {change.image: change.new for change in selection.changes(target, after, {})}
    assert moved == {name: version for name, version in wanted.items() if version != before[name]}


def test_changes_name_the_service() -> None:
    before, after = [image("shop/ocr-engine"), image("shop/web")], [image("shop/ocr-engine", "2"), image("shop/web")]
    assert selection.changes(before, after, SERVICES) == (
        Change("ocr", "shop/ocr-engine", Version("1"), Version("2")),
    )


def test_another_repository_is_a_change() -> None:
    moved = Image("shop/web", "mirror/web", Version("1"))
    assert selection.changes([image("shop/web")], [moved], {}) == (
        Change("web", "shop/web", Version("1"), Version("1")),
    )


def test_an_image_that_is_gone_is_no_change() -> None:
    assert selection.changes([image("shop/web")], [], {}) == ()


def test_resolve_takes_the_name_that_is_rendered() -> None:
    images = [
        Image("workload", "registry.test/demos", Version("1")),
        Image("other", "registry.test/other", Version("1")),
    ]
    assert selection.resolve("registry.test/demos", images, {}) == ["workload"]
    assert selection.is_known("registry.test/demos", images, {})
    assert not selection.is_known("demos", images, {})


def test_missing() -> None:
    source = [image("shop/a"), image("shop/b"), image("shop/c")]
    assert selection.missing(source, [image("shop/a")], frozenset({"shop/a", "shop/c"})) == ["shop/c"]


IMAGES = [image("shop/web"), image("shop/ocr"), image("shop/ocr-engine"), image("a/job"), image("b/job")]


@pytest.mark.parametrize(
    ("given_name", "names"),
    [
        ("web", ["shop/web"]),
        ("shop/web", ["shop/web"]),
        ("ocr", ["shop/ocr", "shop/ocr-engine"]),
        ("ocr-engine", ["shop/ocr-engine"]),
        ("b/job", ["b/job"]),
    ],
)
def test_resolve(given_name: str, names: list[str]) -> None:
    assert selection.resolve(given_name, IMAGES, SERVICES) == names
    # Source and target both have it.
    assert selection.resolve(given_name, IMAGES + IMAGES, SERVICES) == names


@pytest.mark.parametrize(
    ("given_name", "says"),
    [
        ("job", "could be a/job or b/job: write the whole name"),
        ("wbe", "did you mean 'web'"),
        ("x", "known: job, ocr, ocr-engine, web"),
    ],
)
def test_resolve_refuses(given_name: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        selection.resolve(given_name, IMAGES, SERVICES)


@pytest.mark.parametrize(
    ("only", "exclude", "chosen"),
    [
        ([], [], {"shop/web", "shop/ocr", "shop/ocr-engine", "a/job", "b/job"}),
        (["web"], [], {"shop/web"}),
        (["web", "ocr"], ["shop/ocr"], {"shop/web", "shop/ocr-engine"}),
        ([], ["ocr", "a/job", "b/job"], {"shop/web"}),
        (["web"], ["web"], set()),
    ],
)
def test_choose(only: list[str], exclude: list[str], chosen: set[str]) -> None:
    assert selection.choose(IMAGES, SERVICES, only, exclude) == chosen
