"""Writers of one machine take turns, also those of one process."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier, Thread

import pytest

from promote.system.turns import turn


def test_threads_of_one_process_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path))
    together = Barrier(8)
    inside: list[int] = []
    most: list[int] = []

    def write(number: int) -> None:
        together.wait(10)
        with turn("origin main"):
            inside.append(number)
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
