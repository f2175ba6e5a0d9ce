"""The harness sees what it must see: each promise is broken once, and its assertion fails."""

from __future__ import annotations

import socket

import pytest

from tests.hostile.harness import CANARY, TOKENS, Hostile

pytestmark = pytest.mark.quick


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", ["check", pytest.param("plan staging production", marks=pytest.mark.thorough), "merge 1"]
)
def test_an_honest_repository_is_no_fault(hostile: Hostile, command: str) -> None:
    hostile.pull({"base/note.txt": "nothing is rendered from this\n"})
    hostile.runs(*command.split(), code=0)


# What a file called `promote` in the place of the command does, and what the harness then says.
FAULTS = {
    "exit": ("exit 70", "70"),
    "traceback": ("echo 'Traceback (most recent call last):' >&2", "Traceback"),
    "token": ('echo "$GH_TOKEN"', TOKENS["GH_TOKEN"]),
    "canary": ("cat ../outside/secret.txt", CANARY),
    "marker": ("touch ../markers/ran", "marker"),
    "outside": ("echo more >> ../outside/secret.txt", "outside/secret.txt"),
    "temporary": ('touch "$TMPDIR/left"', "left"),
    "memory": ("exec python3 -c 'b = bytearray(600 << 20)'", "MemoryError"),
    "signal": ("kill -9 $$", "code=137"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_seen(hostile: Hostile, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    script, said = FAULTS[fault]
    fake = hostile.folder / "promote"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(hostile.folder / "python"))
    with pytest.raises(AssertionError) as seen:
        hostile.runs()
    assert said in str(seen.value)


def test_a_connection_is_seen(hostile: Hostile) -> None:
    with socket.create_connection(("127.0.0.1", hostile.watcher.port)) as visitor:
        visitor.sendall(b"GET / HTTP/1.1\r\n\r\n")
        visitor.recv(1)
    with pytest.raises(AssertionError, match="connected"):
        hostile.runs("--version")
