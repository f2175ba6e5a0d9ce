"""What travels with a version is written as it is elsewhere, and no other byte changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import EditRefused, PromoteError
from promote.versions.settings import Setting
from tests.unit.test_places_properties import ENDS, HEADS, NOISE, many

# As they may be written in any place of YAML: strings, numbers, truth values, nothing, and escapes.
TOKENS = ["info", "'it''s'", '"a\\tb: [c]"', '"#"', "3", "1.10", "true", "~", '""', "é", '"\\u00e9, x"']
LITERALS = ["LEVEL=info", "'LEVEL='", '"LEVEL=a, b"', "LEVEL=é", '"LEVEL=\\"q\\""', "LEVEL=3"]
VALUES = {
    "block": ("a:\n  LEVEL: VALUE  # of logs\n  OTHER: VALUE_\n", "a.LEVEL"),
    "flow": ("a: {OTHER: 1, LEVEL: VALUE, more: [x]}\n", "a.LEVEL"),
    "in a list": ("a:\n- name: y\n- {name: x, LEVEL: VALUE}\nz: 1\n", "a.x.LEVEL"),
    "pointer": ("a:\n  app/b.c: VALUE\n  d: &d e\nf: *d\n", "/a/app~1b.c"),
    "second document": ("kind: A\n---\nb:\n\n  LEVEL: !!str VALUE\n", "b.LEVEL"),
    "anchor": ("b:\n  LEVEL: &x VALUE\n", "b.LEVEL"),
}
ENTRIES = {
    "literals": ("literals:\n  - OTHER=1\n  - VALUE # seconds\n", "literals.LEVEL"),
    "flow literals": ("literals: [POOL=5, VALUE]\n", "literals.LEVEL"),
}
TEXT = "\n".join(["# LEVEL=x", "OTHER=LEVEL=1", "LEVEL=VALUE", "LEVEL_2=z"]) + "\n"


def filled(text: str, token: str, form: tuple[str, str, bool]) -> bytes:
    head, newline, ends = form
    whole = head + text.replace("VALUE_", "z").replace("VALUE", token)
    return (whole if ends else whole.rstrip("\n")).replace("\n", newline).encode()


FORMS = st.tuples(st.sampled_from(HEADS), st.sampled_from(ENDS), st.booleans())


@many(8)
@given(st.data(), FORMS, FORMS)
def test_a_value_is_taken_as_it_is_written(
    data: st.DataObject, form: tuple[str, str, bool], other: tuple[str, str, bool]
) -> None:
    (text, path), tokens = data.draw(
        st.sampled_from([(one, TOKENS) for one in VALUES.values()] + [(one, LITERALS) for one in ENTRIES.values()])
    )
    old, new = (data.draw(st.sampled_from(tokens)) for _ in range(2))
    setting = Setting("api", "x.yaml", path)
    ours, theirs = filled(text, old, form), filled(text, new, other)
    assert setting.value(ours, "x.yaml") == old
    assert setting.taken(theirs, ours, "x.yaml") == filled(text, new, form)


@many(4)
@given(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), st.text("=a #'\"é"), FORMS)
def test_a_line_of_any_other_file_is_taken(old: str, new: str, form: tuple[str, str, bool]) -> None:
    setting = Setting("api", "x.env", "LEVEL")
    ours = filled(TEXT, old.replace("VALUE", ""), form)
    assert setting.taken(f"LEVEL={new}\n".encode(), ours, "x.env") == filled(TEXT, new.replace("VALUE", ""), form)


@many(4)
@given(st.sampled_from(sorted(VALUES)), st.data())
def test_damaged_files_change_in_one_line_or_are_refused(kind: str, data: st.DataObject) -> None:
    text, path = VALUES[kind]
    setting, theirs = Setting("api", "x.yaml", path), filled(text, "new", ("", "\n", True))
    ours = filled(text, "old", ("", "\n", True)).decode()
    cut = data.draw(st.integers(0, len(ours)))
    damaged = ours[:cut] + data.draw(st.sampled_from(NOISE)) + ours[cut + data.draw(st.integers(0, 3)) :]
    try:
        after = setting.taken(theirs, damaged.encode(), "x.yaml").decode()
    except PromoteError:
        return
    pairs = zip(damaged.split("\n"), after.split("\n"), strict=True)
    changed = [(was, now) for was, now in pairs if was != now]
    assert len(changed) <= 1
    assert all("new" in now for _, now in changed)


@given(st.binary(), st.binary())
def test_a_whole_file_is_taken_byte_by_byte(theirs: bytes, ours: bytes) -> None:
    assert Setting("api", "x.bin").taken(theirs, ours, "x.bin") == theirs


@pytest.mark.parametrize(
    ("ours", "theirs", "path"),
    [
        ("a: &x 1\nb: *x\n", "a: 2\nb: 1\n", "a"),  # another value uses it
        ("a: [x, old]\n", "a:\n- y\n- new, er\n", "a.1"),  # what is one value there is two here
        ("a: old\n", "a: |\n  new\n", "a"),
        ("a: old\n", "a: {b: new}\n", "a"),
        ("l: [LEVEL=old]\n", "l: [POOL=new]\n", "l.0"),
    ],
)
def test_what_cannot_be_written_here_is_refused(ours: str, theirs: str, path: str) -> None:
    with pytest.raises(EditRefused):
        Setting("api", "x.yaml", path).taken(theirs.encode(), ours.encode(), "x.yaml")


def test_what_one_of_them_lacks_is_left() -> None:
    ours = b"a: 1\n"
    for file in ("x.yaml", "x.env"):
        assert Setting("api", file, "b").taken(b"b: 2\n", ours, file) == ours
