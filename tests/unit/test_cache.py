from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.system import cache, scratch


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path / "cache"))
    cache._usable.cache_clear()
    cache._temporary.cache_clear()
    yield
    cache._usable.cache_clear()
    cache._temporary.cache_clear()


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.folder() == tmp_path / "cache"
    monkeypatch.delenv("PROMOTE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.folder() == tmp_path / "xdg/promote"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.folder() == tmp_path / "home/.cache/promote"


def test_a_relative_folder_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROMOTE_CACHE", "here")
    assert cache.folder() == tmp_path / "here"


def test_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMOTE_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME")
    # What Python answers where the machine does not know the user.
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert cache.folder() == scratch.top() / "cache"


def test_a_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path / "file/cache"))
    assert cache.folder() == scratch.top() / "cache"
    # The same one each time, and it works.
    cache.remember("x")
    assert cache.remembered("x")


def test_a_folder_that_is_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert cache.folder() == scratch.top() / "cache"
    assert cache.folder() != tmp_path / "cache"


def in_a_clone(folder: Path) -> Path:
    (folder / ".git").mkdir(parents=True)
    return folder / "cache"


def in_a_worktree(folder: Path) -> Path:
    folder.mkdir()
    (folder / ".git").write_text("gitdir: elsewhere\n")
    return folder / "deep/cache"


def through_a_link(folder: Path) -> Path:
    in_a_clone(folder / "clone").mkdir()
    (folder / "link").symlink_to(folder / "clone/cache")
    return folder / "link"


def with_mode(mode: int, name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / "cache").mkdir(parents=True)
        (folder / name).chmod(mode)
        return folder / "cache"

    return make


def of_another_user(folder: Path) -> Path:
    (folder / "cache").mkdir(parents=True)
    os.chown(folder, 12345, -1)
    return folder / "cache"


def of_another_group(folder: Path) -> Path:
    (folder / "cache").mkdir(parents=True)
    os.chown(folder / "cache", -1, 12345)
    (folder / "cache").chmod(0o770)
    return folder / "cache"


@pytest.mark.parametrize(
    "made", [in_a_clone, in_a_worktree, through_a_link, with_mode(0o777, "cache"), with_mode(0o777, "."),
             with_mode(0o1777, "cache"), of_another_user, of_another_group],
)  # fmt: skip
def test_what_others_could_fill_is_not_used(
    made: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0 and made in (of_another_user, of_another_group):
        pytest.skip("only root can give a file away")
    chosen = made(tmp_path / "made")
    monkeypatch.setenv("PROMOTE_CACHE", str(chosen))
    cache.remember("x")
    assert (cache.folder(), list(chosen.glob("*"))) == (scratch.top() / "cache", [])


@pytest.mark.parametrize("made", [with_mode(0o1777, "."), with_mode(0o770, "cache"), with_mode(0o700, ".")])
def test_what_only_this_user_can_fill_is_used(
    made: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a folder in that for temporary files, and one of the user's own group."""
    chosen = made(tmp_path / "made")
    monkeypatch.setenv("PROMOTE_CACHE", str(chosen))
    assert cache.folder() == chosen


def test_remember() -> None:
    assert not cache.remembered("x")
    cache.remember("x")
    assert cache.remembered("x")
    assert not cache.remembered("y")


def test_a_full_disk_is_no_error(tmp_path: Path) -> None:
    (cache.folder() / "verified").touch()
    cache.remember("x")
    assert not cache.remembered("x")


def test_write_leaves_nothing_else(tmp_path: Path) -> None:
    cache.write(tmp_path / "a/b", b"one")
    cache.write(tmp_path / "a/b", b"two")
    assert (tmp_path / "a/b").read_bytes() == b"two"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_key() -> None:
    assert cache.key("a", "b") == cache.key(b"a", "b")
    assert cache.key("a", "b") != cache.key("b", "a")
    assert cache.key("a\udce9") != cache.key("a\udce8"), "a folder whose name is not UTF-8"


@given(st.lists(st.text()), st.lists(st.text()))
def test_different_parts_have_different_keys(one: list[str], other: list[str]) -> None:
    assert (cache.key(*one) == cache.key(*other)) == (one == other)
