from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import ConfigError
from promote.model import Hold, Version
from promote.repository import holds

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
HOLD = Hold("production", "shop/web", Version("1.10"), "it loses # orders: all", "2026-01-02")
OTHER = Hold("production", "shop/cart", Version("2", A), "slow", "2026-01-03")
FILE = b"""\
# Ask the shop team first.
holds:
  # The big one.
  - environment: staging  # not yet in production
    image: shop/web
    version: 1.10
    reason: >-
      it loses
      orders
    since: 2026-01-02

# The end.
"""

# No control characters: YAML allows few of them, and nobody types them into a reason.
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029\ufeff")
)
some = st.builds(
    Hold,
    st.sampled_from(["staging", "production"]),
    st.sampled_from(["shop/web", "shop/cart"]),
    st.builds(Version, st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,9}", fullmatch=True), st.sampled_from([None, A])),
    texts,
    st.dates().map(str),
)


@pytest.mark.parametrize(
    ("held", "version", "refused"),
    [
        (Version("1"), Version("1"), True),
        (Version("1"), Version("2"), False),
        (Version("1", A), Version("1", B), False),
        (Version("1", A), Version("2", A), True),
        (Version("1", A), Version("1"), True),
        (Version("1"), Version("1", A), True),
        (Version(None, A), Version("1"), False),
        (Version(None, A), Version(None, A), True),
        (Version(None, A), Version(None, None), False),
    ],
)
def test_refuses(held: Version, version: Version, refused: bool) -> None:
    hold = Hold("production", "shop/web", held, "", "")
    assert hold.refuses("production", "shop/web", version) is refused
    assert not hold.refuses("staging", "shop/web", version)
    assert not hold.refuses("production", "shop/cart", version)


@pytest.mark.parametrize("data", [None, b"", b"# nothing\n", b"holds:\n", b"holds: []\n", b"holds: ~\n"])
def test_no_holds(data: bytes | None) -> None:
    assert holds.read(data) == ()
    assert holds.read(holds.add(data, [HOLD])) == (HOLD,)


def test_read_takes_the_text_as_it_is_written() -> None:
    # A number 1.10 would be 1.1, another version.
    (hold,) = holds.read(FILE)
    assert (hold.version, hold.reason, hold.since) == (Version("1.10"), "it loses orders", "2026-01-02")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hold: []", "holds.yaml:1: unknown key 'hold'; did you mean 'holds'?"),
        ("holds: web", "holds.yaml:1: `holds` is not a list; write '- environment: …' items under it"),
        ("- a", "holds.yaml:1: this is not a mapping; write the keys holds"),
        ("web", "holds.yaml:1: this is not a mapping; write the keys holds"),
        ("{}", "holds.yaml:1: the key 'holds' is missing; the required keys are holds"),
        (
            "holds:\n- web",
            "holds.yaml:2: this is not a mapping; write the keys environment, image, version, reason, since",
        ),
        ("holds:\n- environment: a\n  imag: b", "holds.yaml:3: unknown key 'imag'; did you mean 'image'?"),
        ("holds:\n- image: a\n  image: b", "holds.yaml:3: duplicate key 'image'; delete one of them"),
        (
            "holds:\n- environment: a",
            "holds.yaml:2: the key 'image' is missing; the required keys are environment, image",
        ),
        ("holds:\n ]", "holds.yaml:2: this is not YAML: "),
        ("holds: \x07", "holds.yaml:1: this is not YAML: it contains a control character"),
    ],
)
def test_read_refuses(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        holds.read(text.encode())


def test_read_refuses_an_entry() -> None:
    text = "holds:\n- {environment: a, image: b, reason: c, since: d,\n   version: %s}\n"
    with pytest.raises(ConfigError, match=re.escape("holds.yaml:3: 'a b' is not a valid image tag")):
        holds.read((text % "a b").encode())
    with pytest.raises(ConfigError, match=re.escape("holds.yaml:3: an image version is empty")):
        holds.read((text % "").encode())
    with pytest.raises(
        ConfigError, match=re.escape("holds.yaml:3: `version` is a list or a mapping; write a string")
    ):
        holds.read((text % "[1]").encode())
    with pytest.raises(ConfigError, match=re.escape("holds.yaml:2: this is not UTF-8")):
        holds.read(b"holds:\n- \xff\n")


def test_add_keeps_what_is_there() -> None:
    added = holds.add(FILE, [HOLD])
    assert holds.read(added) == (*holds.read(FILE), HOLD)
    kept = added.decode().splitlines()
    assert [line for line in FILE.decode().splitlines() if line not in kept] == []
    assert [line.strip() for line in kept if line not in FILE.decode().splitlines()] == [
        "- environment: production", "version: '1.10'", "reason: 'it loses # orders: all'", "since: '2026-01-02'",
    ]  # fmt: skip


def test_add_what_is_held_already() -> None:
    assert holds.add(FILE, holds.read(FILE)) == FILE
    assert holds.read(holds.add(None, [HOLD, HOLD])) == (HOLD,)


def test_a_file_of_comments_keeps_them() -> None:
    assert holds.add(b"# Ask first.\n", [HOLD]).startswith(b"# Ask first.\nholds:\n  - environment: production\n")


def test_a_new_file_explains_itself() -> None:
    assert b"# Versions that must not be promoted again." in holds.add(None, [HOLD])


def test_line_endings_stay() -> None:
    crlf = FILE.replace(b"\n", b"\r\n")
    added = holds.add(crlf, [HOLD])
    assert added.count(b"\n") == added.count(b"\r\n")
    assert added.replace(b"\r\n", b"\n") == holds.add(FILE, [HOLD])


def test_remove() -> None:
    both = holds.add(None, [HOLD, OTHER])
    assert holds.read(holds.remove(both, [HOLD])) == (OTHER,)
    assert holds.read(holds.remove(both, [HOLD, OTHER])) == ()
    assert holds.remove(both, []) == both


def test_remove_keeps_the_comments() -> None:
    left = holds.remove(holds.add(FILE, [HOLD]), [HOLD])
    assert holds.read(left) == holds.read(FILE)
    for comment in re.findall(rb"#.*", FILE):
        assert comment in left


@given(st.lists(some, max_size=4))
def test_round_trip(wanted: list[Hold]) -> None:
    data = holds.add(None, wanted)
    found = holds.read(data)
    assert [hold for hold in found if hold not in wanted] == []
    for hold in wanted:
        assert any(one.refuses(hold.environment, hold.image, hold.version) for one in found)
    # And back again.
    assert holds.read(holds.remove(data, found)) == ()
    assert holds.remove(holds.add(data, [HOLD]), set(holds.read(holds.add(data, [HOLD]))) - set(found)) == data
