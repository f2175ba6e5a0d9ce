"""What is remembered between runs is whole, the user's own, and bounded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from promote.system import store
from promote.yamltext.answers import Answers


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cache, empty."""
    monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_an_answer_is_found_by_its_key_alone(tmp_path: Path, folder: Path) -> None:
    kept = Answers("some", tmp_path / "repository", 1000)
    kept.put("one", {"a": ["\u00fc", None]})
    assert Answers("some", tmp_path / "repository", 1000).get("one") == {"a": ["\u00fc", None]}
    assert kept.get("two") is None
    (folder / "some" / "one").rename(folder / "some" / "two")
    assert kept.get("two") is None, "a file under another name"


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff" * 100, "cut", "changed"])
def test_a_damaged_answer_is_none(damage: bytes | str, tmp_path: Path, folder: Path) -> None:
    kept = Answers("some", tmp_path / "repository", 1000)
    kept.put("one", {"a": 12345})
    file = folder / "some" / "one"
    whole = file.read_bytes()
    other = {"cut": whole[:-2], "changed": whole.replace(b"12345", b"12346")}
    file.write_bytes(damage if isinstance(damage, bytes) else other[damage])
    assert kept.get("one") is None
    kept.put("one", {"a": 1})
    assert kept.get("one") == {"a": 1}


def test_nothing_is_kept_inside_the_repository(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a link leads into it; nor inside of another clone, of which this may be a copy."""
    (tmp_path / "repository" / "cache").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "repository")
    (tmp_path / "clone" / ".git").mkdir(parents=True)
    for inside in (tmp_path / "repository" / "cache", tmp_path / "link" / "cache", tmp_path / "clone" / "cache"):
        monkeypatch.setenv("PROMOTE_CACHE", str(inside))
        Answers("some", tmp_path / "repository", 1000).put("one", 1)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_can_write_is_not_used(mode: int, tmp_path: Path, folder: Path) -> None:
    Answers("some", tmp_path / "repository", 1000).put("one", 1)
    assert (folder / "some").stat().st_mode & 0o777 == 0o700
    (folder / "some").chmod(mode)
    assert Answers("some", tmp_path / "repository", 1000).get("one") is None


def test_the_oldest_go_first(tmp_path: Path, folder: Path) -> None:
    kept = Answers("some", tmp_path / "repository", 10_000)
    for number in range(201):
        kept.put(f"{number:03}", "x" * 100)
    names = sorted(path.name for path in (folder / "some").iterdir())
    assert sum(path.stat().st_size for path in (folder / "some").iterdir()) <= 10_000
    assert names, "not everything goes"
    assert names[-1] == "200"


def test_writers_at_the_same_time_leave_a_whole_answer(tmp_path: Path, folder: Path) -> None:
    kept = Answers("some", tmp_path / "repository", 10_000_000)

    def write(number: int) -> None:
        kept.put("one", [number] * 1000)
        found = kept.get("one")
        assert found == [found[0]] * 1000

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))
    assert [path.name for path in (folder / "some").iterdir()] == ["one"]


def test_the_code_of_the_command_is_part_of_every_key() -> None:
    assert len(store.code()) == 64
