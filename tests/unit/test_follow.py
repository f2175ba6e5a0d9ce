from __future__ import annotations

import functools
import string
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import ConfigError
from promote.oci import search
from promote.repository import config
from promote.versions import follow
from promote.versions.follow import Follow
from promote.versions.semver import InvalidRange, Precedence, Range, precedence

NUMBER = st.integers(0, 12) | st.integers(0, 10**30)
IDENTIFIER = st.text(string.ascii_letters + "-", min_size=1, max_size=4) | NUMBER.map(str)
PRE = st.lists(IDENTIFIER, max_size=3).map(".".join)
VERSION = st.builds(
    lambda numbers, pre: ".".join(map(str, numbers)) + (f"-{pre}" if pre else ""),
    st.tuples(NUMBER, NUMBER, NUMBER),
    PRE,
)
TAG = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=128)
# https://semver.org/spec/v2.0.0.html#spec-item-11
IN_ORDER = [
    "0.9.9", "1.0.0-0", "1.0.0-2", "1.0.0-10", "1.0.0--", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
    "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0-a",
    "2.0.0",
]  # fmt: skip


def place(text: str) -> Precedence:
    found = precedence(text)
    assert found is not None, text
    return found


def by_the_text_of_the_specification(one: str, other: str) -> int:
    """-1, 0 or 1, written down rule by rule."""
    (a, _, a_pre), (b, _, b_pre) = (text.partition("-") for text in (one, other))
    for left, right in zip(a.split("."), b.split("."), strict=True):
        if int(left) != int(right):  # 11.2
            return -1 if int(left) < int(right) else 1
    if not (a_pre and b_pre):  # 11.3
        return bool(b_pre) - bool(a_pre)
    for left, right in zip(a_pre.split("."), b_pre.split("."), strict=False):
        if left == right:
            continue
        if left.isdigit() and right.isdigit():  # 11.4.1
            return -1 if int(left) < int(right) else 1
        if left.isdigit() or right.isdigit():  # 11.4.3
            return -1 if left.isdigit() else 1
        return -1 if left < right else 1  # 11.4.2
    sizes = [text.count(".") for text in (a_pre, b_pre)]  # 11.4.4
    return (sizes[0] > sizes[1]) - (sizes[0] < sizes[1])


def test_the_order_of_the_specification() -> None:
    assert sorted(sorted(IN_ORDER), key=place) == IN_ORDER


ALIKE = st.lists(PRE, min_size=2, max_size=6).map(lambda every: [f"1.0.0-{pre}" if pre else "1.0.0" for pre in every])


@given(st.lists(VERSION, max_size=6) | ALIKE)
def test_versions_are_ordered_as_the_specification_says(versions: list[str]) -> None:
    expected = sorted(versions, key=functools.cmp_to_key(by_the_text_of_the_specification))
    assert sorted(versions, key=place) == expected


@pytest.mark.parametrize(
    "tag",
    ["1", "1.4", "01.4.2", "1.4.2.1", "1.4.2-", "1.4.2-01", "1.4.2-a..b", "1.4.2-a_b", "latest", "V1.4.2", "vv1.4.2"]
)  # fmt: skip
def test_tags_that_are_not_whole_versions(tag: str) -> None:
    assert precedence(tag) is None


def test_a_number_of_as_many_digits_as_a_tag_has() -> None:
    assert place(f"1.{'9' * 124}.0") > place("1.0.0")


IN_RANGE = [
    (">=1.4 <2", "1.4.0 1.99.9", "1.3.9 2.0.0 1.5.0-rc.1 2.0.0-rc.1"),
    (">=1.4, <2", "1.4.0", "2.0.0"),
    (">=1.4.0-rc.1 <2", "1.4.0-rc.1 1.4.0-rc.2 1.5.0-a 1.5.0", "1.4.0-beta 2.0.0-a"),
    ("<2.0.0-b", "2.0.0-a 1.0.0", "2.0.0-b 2.0.0"),
    ("^1.4.2", "1.4.2 1.9.0", "1.4.1 2.0.0"),
    ("^0.4.2", "0.4.3", "0.5.0 1.0.0"),
    ("^0.0.3", "0.0.3", "0.0.4"),
    ("^0", "0.9.0", "1.0.0"),
    ("~1.4.2", "1.4.9", "1.5.0"),
    ("~1", "1.9.0", "2.0.0"),
    ("~>1.4", "1.4.0", "1.5.0"),
    ("1.x", "1.0.0 1.9.9", "2.0.0 0.9.0"),
    ("1.4.*", "1.4.7", "1.5.0"),
    ("*", "0.0.0 99.0.0", "1.0.0-a"),
    ("1.4", "1.4.7", "1.5.0"),
    ("=1.4.2", "1.4.2 v1.4.2", "1.4.3 1.4.2-a"),
    (">1.4", "1.5.0", "1.4.9"),
    (">1.4.2", "1.4.3", "1.4.2"),
    ("<=1.4", "1.4.9", "1.5.0"),
    ("=<1.4.2 =>1", "1.4.2", "1.4.3 0.9.0"),
    (">=1 !=1.4.2", "1.4.1 1.4.3", "1.4.2"),
    (">=1 !=1.4", "1.3.9 1.5.0", "1.4.2"),
    ("1.2 - 1.4.5", "1.2.0 1.4.5", "1.1.9 1.4.6"),
    ("1.2.3 - 1.4", "1.4.9", "1.5.0"),
    ("<1 || ^3 || 5.0.0-a", "0.1.0 3.1.0 5.0.0-a", "1.0.0 4.0.0 5.0.0 3.1.0-a"),
    ("<*", "", "0.0.0 1.0.0"),
    (">*", "", "0.0.0 1.0.0"),
    ("!=*", "", "0.0.0 1.0.0"),
]


@pytest.mark.parametrize(("text", "inside", "outside"), IN_RANGE)
def test_a_range(text: str, inside: str, outside: str) -> None:
    found = Range.parse(text)
    assert [one for one in inside.split() if not found.has(place(one))] == []
    assert [one for one in outside.split() if found.has(place(one))] == []


@given(VERSION, VERSION)
def test_the_operators_agree_with_the_order(bound: str, version: str) -> None:
    """Of a range that names a pre-release; `-0` is the lowest."""
    bound = bound if "-" in bound else f"{bound}-0"
    here, there = place(version), place(bound)
    for operator, expected in [
        (">=", here >= there), (">", here > there), ("<", here < there), ("<=", here <= there),
        ("=", here == there), ("!=", here != there),
    ]:  # fmt: skip
        assert Range.parse(f"{operator}{bound}").has(here) is expected


@given(VERSION)
def test_a_caret_and_a_tilde_keep_the_first_numbers(version: str) -> None:
    numbers = [int(one) for one in version.partition("-")[0].split(".")]
    above = place(f"{numbers[0]}.{numbers[1]}.{numbers[2] + 1}")
    assert Range.parse(f"~{version}").has(above)
    assert Range.parse(f"^{version}").has(above) is any(numbers[:2])
    assert not Range.parse(f"~{version}").has(place(f"{numbers[0]}.{numbers[1] + 1}.0"))
    assert not Range.parse(f"^{version}").has(place(f"{numbers[0] + 1}.0.0"))


@pytest.mark.parametrize(
    "text",
    ["", " ", "||", "^1 ||", "a", ">=", ">=1,,2", "1.2.3.4", "1.x.2", "1.4-rc", "1.x-rc", "1.0.0-01", "1.2 -",
     "1 - 2 - 3", ">>1"],
)  # fmt: skip
def test_a_text_that_is_not_a_range(text: str) -> None:
    with pytest.raises(InvalidRange):
        Range.parse(text)


@given(st.text("<>=!~^|, .-xX*v0123456789ab", max_size=40))
def test_any_text_is_a_range_or_refused(text: str) -> None:
    with suppress(InvalidRange):
        assert Range.parse(text).has(place("1.4.2")) in (True, False)


def newest(row: Follow, tags: list[str], now: str = "0") -> list[list[str]]:
    texts = search.found(row.pattern, follow.GROUP, tags, "it") if row.pattern else tags
    return [list(same) for _, same in row.newest_first(dict(zip(tags, texts, strict=True)), now)]


@pytest.mark.parametrize(
    ("pattern", "tags", "expected"),
    [
        ("^main-(?P<order>[0-9]+)-", ["main-9-a", "main-10-b", "dev-11-c", "main-x-d"], ["main-10-b", "main-9-a"]),
        ("^(?P<order>[0-9.]+)$", ["2026.9.1", "2026.10.1", "2026.9.30"], ["2026.10.1", "2026.9.30", "2026.9.1"]),
        ("-(?P<order>[^-]*)$", ["a-20260102T1015Z", "b-20260102T0915Z", "c-v3"],
         ["a-20260102T1015Z", "b-20260102T0915Z", "c-v3"]),
        ("^(?:x|(?P<order>[0-9]+))$", ["x", "1"], ["1"]),
        ("^(?P<order>[a-z0-9]+)$", ["7", "abc", "0x8"], ["7"]),
    ],
)  # fmt: skip
def test_a_pattern_orders_by_its_numbers(pattern: str, tags: list[str], expected: list[str]) -> None:
    assert newest(Follow(pattern=pattern), tags) == [[one] for one in expected]


def test_a_range_of_what_a_pattern_has_found() -> None:
    row = Follow("^1.4", "^(?P<order>.+)-alpine$")
    tags = ["1.5.0-alpine", "1.6.0", "1.6.0-debian", "2.0.0-alpine", "1.10.0-alpine", "1.7.0-rc.1-alpine"]
    assert newest(row, tags) == [["1.10.0-alpine"], ["1.5.0-alpine"]]


def test_two_notations_of_one_version() -> None:
    assert newest(Follow("^1"), ["v1.5.0", "1.5.0"], now="v1.4.0") == [["v1.5.0"]]
    assert newest(Follow("^1"), ["v1.5.0", "1.5.0"], now="1.4.0") == [["1.5.0"]]
    assert newest(Follow("^1"), ["v1.5.0"], now="1.4.0") == [["v1.5.0"]]


def test_the_version_that_is_there_may_have_two_numbers() -> None:
    row = Follow("^1")
    assert row.order_now("1.4") == place("1.4.0")
    assert row.order_now("v1") == place("1.0.0")
    assert (row.order_now("latest"), row.order_now("8.4-alpine")) == (None, None)


@given(st.lists(TAG, max_size=30, unique=True), VERSION.map(lambda text: f"^{text.partition('-')[0]}"))
def test_only_versions_of_the_range_are_found_and_each_once(tags: list[str], text: str) -> None:
    found = newest(Follow(text), tags)
    flat = [tag for same in found for tag in same]
    assert len(flat) == len(set(flat))
    assert set(flat) <= set(tags)
    assert all(Range.parse(text).has(place(tag)) for tag in flat)
    assert [place(same[0]) for same in found] == sorted((place(same[0]) for same in found), reverse=True)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("{semver: '>=one'}", "promote.yaml:4: follow.api.semver: '>=one' does not begin with a version"),
        ("{pattern: '[0-9]+'}", r"promote.yaml:4: follow.api.pattern: it has no group \(\?P<order>…\)"),
        ("{pattern: '(?P<order>[0-9]+'}", "promote.yaml:4: follow.api.pattern: it is not a regular expression"),
        ("{pattern: '(?P<order>a{99999999999})'}", "nested too deeply, or counts too far"),
        (f"{{pattern: '{'(' * 90}(?P<order>a){')' * 90}'}}", None),
        ("{pattern: '[[a](?P<order>b)'}", None),
        (f"{{pattern: '{'a' * 201}'}}", "follow.api.pattern cannot be .*: A regular expression with a group"),
        ("{}", "promote.yaml:4: follow.api cannot be {}: `semver`, `pattern`, or both"),
        ("{semver: ^1, tag: a}", "promote.yaml:4: unknown key 'tag'"),
        ("{semver: 1.4}", "promote.yaml:4: follow.api.semver is a number but must be a string"),
    ],
)  # fmt: skip
def test_a_row_in_promote_yaml(row: str, words: str | None) -> None:
    data = f"environments:\n  staging: {{path: a}}\nfollow:\n  api: {row}\n".encode()
    if words is None:
        assert config.parse(data).follow
        return
    with pytest.raises(ConfigError, match=words):
        config.parse(data)


def test_a_search_that_needs_too_long_or_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    assert search.found("(?P<order>[0-9]+)", "order", [], "it") == []
    monkeypatch.setattr(search, "_SECONDS", 1)
    with pytest.raises(ConfigError, match="it: a search for it in 1 tags takes longer than 1 s: write a simpler"):
        search.found("(?P<order>(a|aa)+)b", "order", ["a" * 128], "it")
    monkeypatch.setattr(search, "_MEMORY", 1 << 20)
    with pytest.raises(ConfigError, match="it: a search for it in 1 tags needs too much memory or fails"):
        search.found("(?P<order>a)", "order", ["a"], "it")
