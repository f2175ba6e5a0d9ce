"""Writers of one machine take turns, also those of one process."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
import time
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from promote.system import cache, scratch, turns
from promote.system.turns import turn


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files of a machine of its own."""
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr(scratch, "top", lambda: place / "promote-run-x")
    return place


@pytest.mark.usefixtures("machine")
def test_threads_of_one_process_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path))
    together = Barrier(8)
    inside: list[int] = []
    most: list[int] = []

    def write(number: int) -> None:
        together.wait(10)
        with turn("origin main"):
            inside.append(number)
            Event().wait(0.02)  # long enough for another one to come in, if it could
            most.append(len(inside))
            inside.remove(number)

    # Daemons: should they wait for each other without an end, the test still ends.
    threads = [Thread(target=write, args=(number,), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == [1] * 8
    assert list((tmp_path / "turns").rglob("*.*")) == []


def test_writers_with_caches_of_their_own_take_turns(
    tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_LONGEST", 0.2)
    monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path / "one"))
    with turn("origin main"):
        monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path / "other"))
        began = time.monotonic()
        with turn("origin main"):
            assert time.monotonic() - began >= 0.2
        (folder,) = machine.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(folder.rglob("*.*")) == []


def test_a_folder_that_others_can_write_gives_no_turn(
    tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path / "cache"))
    folder = machine / f"promote-turns-{os.geteuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    with turn("origin main"):
        assert list(folder.iterdir()) == []
    folder.rmdir()
    folder.symlink_to(tmp_path)
    before = set(tmp_path.iterdir())
    with turn("origin main"):
        assert set(tmp_path.iterdir()) == before


def test_a_file_system_without_locks_gives_no_turn_and_keeps_nothing(
    tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fcntl, "flock", refuse)
    made: list[int] = []
    mkstemp = tempfile.mkstemp

    def make(*given: Any, **named: Any) -> tuple[int, str]:
        handle, path = mkstemp(*given, **named)
        made.append(handle)
        return handle, path

    monkeypatch.setattr(tempfile, "mkstemp", make)
    with turn("origin main"):
        pass
    assert len(made) == 2
    for handle in made:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(handle)
    assert [path for place in (tmp_path, machine) for path in place.rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("planted", ["link", "fifo", "writable"])
def test_what_somebody_else_left_in_a_cache_keeps_nobody_waiting(
    planted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path))
    folder = tmp_path / "turns" / cache.key("origin main")
    folder.mkdir(parents=True)
    first = folder / "00000000000000000000.x"
    if planted == "link":
        first.symlink_to(tmp_path / "nothing")
    elif planted == "fifo":
        os.mkfifo(first)
    else:
        folder.chmod(0o777)
        first.touch()
    began = time.monotonic()
    with turn("origin main"):
        pass
    assert time.monotonic() - began < turns._LONGEST / 2
    # What is not ours is left alone.
    assert first.is_symlink() or first.exists() or planted == "fifo"
