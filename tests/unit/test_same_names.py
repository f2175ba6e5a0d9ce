"""Names that are one name on some file systems, found as by comparing every path with every other."""

from __future__ import annotations

import posixpath
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from promote.repository.same_names import first
from promote.system.snapshot import Entry
from tests.unit.test_closure import Memory

# é in two notations, both cases; the Kelvin sign, which is k; a long s, which is s; ß, which is ss.
NAMES = ("a", "A", "caf\u00e9", "cafe\u0301", "CAF\u00c9", "\u212a", "k", "\u017f", "S", "\u00df", "sS", "other")


class Commit(Memory):
    """A snapshot in which what differs has another hash."""

    def entries(self, folder: str) -> Mapping[str, Entry]:
        prefix = f"{folder}/" if folder else ""

        def content(name: str) -> str:
            path = f"{prefix}{name}"
            return repr([one for one in self.files.items() if one[0] == path or one[0].startswith(f"{path}/")])

        return {name: replace(entry, sha=content(name)) for name, entry in super().entries(folder).items()}


@st.composite
def trees(draw: st.DrawFn) -> dict[str, str | None]:
    """Files of which none has the name of a folder."""
    paths = draw(st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3), max_size=7))
    joined = {"/".join(path) for path in paths}
    folders = {posixpath.dirname(path) for path in above(joined)}
    return {path: draw(st.sampled_from(["1", "2", "->a", None])) for path in sorted(joined - folders)}


def above(paths: Iterable[str]) -> set[str]:
    """The paths, and all folders on the way to them."""
    return {"/".join(parts[:n]) for parts in (p.split("/") for p in paths) for n in range(1, len(parts) + 1)}


def key(path: str) -> str:
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", path).casefold())


# In a folder that was there under both names.
@example(before={"a/x": "1", "A/y": "1"}, after={"a/x": "1", "A/y": "1", "A/x": "1"})
@given(before=trees(), after=trees())
def test_a_new_name_that_is_another_is_found(before: dict[str, str | None], after: dict[str, str | None]) -> None:
    there, here = above(before), above(after)
    same = {one: {other for other in here if key(other) == key(one)} - {one} for one in here - there}
    found = first(Commit(before), Commit(after))
    assert (found is None) == (not any(same.values()))
    assert found is None or found[1] in same[found[0]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u00c9", "e\u0301"),
        ("\u1e9b\u0323", "\u1e69"),
        ("\u1fb4", "\u03b1\u0345\u0301"),
        ("\u0390", "\u0399\u0308\u0301"),
    ],
)
def test_notations_that_change_with_the_case(one: str, other: str) -> None:
    assert first(Commit({one: ""}), Commit({one: "", other: ""})) == (other, one)
