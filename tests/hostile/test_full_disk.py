"""A disk that is full: nothing half-written stays, the message names the place, and the next run finishes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.harness import Hostile

# In a mount namespace of its own: `place` becomes a disk of 1 MiB with `left` bytes of room, then one with enough.
_SCRIPT = """\
import json, os, shutil, subprocess, sys
place, left, origin, *command = sys.argv[1:]
os.makedirs(place, mode=0o700, exist_ok=True)
kept = place + "-kept"
shutil.copytree(place, kept, symlinks=True)
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "none", place], check=True)
shutil.copytree(kept, place, symlinks=True, dirs_exist_ok=True)
shutil.rmtree(kept)
os.chdir(os.getcwd())  # the clone that is mounted now, not what is below it
filler = os.path.join(place, "filler")
with open(filler, "wb", buffering=0) as file:
    try:
        while True:
            file.write(bytes(4096))
    except OSError:
        file.truncate(max(os.fstat(file.fileno()).st_size - int(left), 0))

def run():
    done = subprocess.run(command, capture_output=True, text=True)
    names = [name for _, folders, files in os.walk(place) for name in (*folders, *files)]
    odd = [name for name in names if name.startswith((".kustomization", "promote-run")) or name.endswith(".lock")]
    return {"code": done.returncode, "out": done.stdout, "err": done.stderr, "odd": odd}

found = [run()]
os.unlink(filler)
subprocess.run(["mount", "-o", "remount,size=64m", place], check=True)
fsck = [["git", "-C", one, "fsck", "--no-dangling"] for one in (".", origin)]
whole = [subprocess.run(one, capture_output=True) for one in fsck]
status = subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True).stdout
found += [{"fsck": [one.returncode for one in whole], "status": status}, run()]
print(json.dumps(found))
"""
_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


def may_mount() -> bool:
    try:
        tried = [*_NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"]
        return subprocess.run(tried, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


can_mount = pytest.mark.skipif(not may_mount(), reason="no mount namespaces here")
PROMOTE = ("staging", "production")
BUMP = ("bump", "staging", "web=1.5")
PLACES = {"cache": "cache-of-its-own", "temporary": "temporary", "clone": "clone", "origin": "origin.git"}


def on_full_disk(hostile: Hostile, place: str, left: int, *arguments: str) -> list[dict[str, object]]:
    full = hostile.folder / PLACES[place]
    env = os.environ | dict(hostile.env) | ({"PROMOTE_CACHE": str(full)} if place == "cache" else {})
    command: list[str | Path] = [*_NAMESPACE, sys.executable, "-c", _SCRIPT, full, str(left), hostile.origin,
               Path(sys.executable).with_name("promote"), *arguments]  # fmt: skip
    done = subprocess.run(
        command, cwd=hostile.root, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


@can_mount
@pytest.mark.parametrize(
    ("place", "left", "arguments", "code", "says"),
    [
        pytest.param("cache", 0, PROMOTE, 2, "PROMOTE_CACHE", marks=pytest.mark.thorough),
        ("cache", 40 << 10, PROMOTE, 2, "PROMOTE_CACHE"),
        pytest.param("temporary", 4 << 10, PROMOTE, 2, "{place}", marks=pytest.mark.thorough),
        ("temporary", 12 << 10, ("check",), 2, "{place}"),
        pytest.param("temporary", 28 << 10, PROMOTE, 2, "{place}", marks=pytest.mark.thorough),
        pytest.param("clone", 0, BUMP, 2, "{place} (No space left on device)", marks=pytest.mark.quick),
        ("clone", 0, (*BUMP, "--commit"), 2, "make room in {place}"),
        ("clone", 8 << 10, PROMOTE, 2, "make room in {place}"),
        pytest.param("clone", 16 << 10, PROMOTE, 7, "make room in {place}", marks=pytest.mark.thorough),
        ("origin", 0, (*BUMP, "--commit"), 6, "'origin' rejected the push"),
        ("origin", 16 << 10, PROMOTE, 7, "'origin' rejected the push"),
    ],
)
def test_a_full_disk(
    hostile: Hostile, place: str, left: int, arguments: tuple[str, ...], code: int, says: str
) -> None:
    first, between, second = on_full_disk(hostile, place, left, *arguments)
    assert (first["code"], first["odd"]) == (code, []), first
    assert says.format(place=hostile.folder / PLACES[place]) in str(first["err"])
    assert "No space left on device" in str(first["err"])
    assert "protected" not in str(first["err"])
    assert between == {"fsck": [0, 0], "status": ""}
    assert (second["code"], second["odd"]) == (0, []), second


@pytest.mark.parametrize(
    "arguments", [("status",), ("check", "--output", "json"), PROMOTE, ("--help",), ("--version",), ("plan", "-h")]
)
def test_an_output_to_a_full_disk(hostile: Hostile, arguments: tuple[str, ...]) -> None:
    done = run_to("/dev/full", hostile, arguments, "stdout")
    said = "No space left on device: the file that the output goes to: fix that, then run the command again"
    assert (done.returncode, said in done.stderr.decode()) == (2, True), done


@pytest.mark.parametrize(("arguments", "code"), [(("nonsense",), 2), (("check", "--base", "gone"), 2)])
def test_errors_to_a_full_disk(hostile: Hostile, arguments: tuple[str, ...], code: int) -> None:
    """Exit code 1 would say that there are differences."""
    assert run_to("/dev/full", hostile, arguments, "stderr").returncode == code


def run_to(
    place: str, hostile: Hostile, arguments: tuple[str, ...], stream: str
) -> subprocess.CompletedProcess[bytes]:
    env = os.environ | dict(hostile.env)
    with Path(place).open("wb") as full:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: full}
        command = [Path(sys.executable).with_name("promote"), *arguments]
        return subprocess.run(command, cwd=hostile.root, env=env, check=False, timeout=60, **streams)  # type: ignore[call-overload,no-any-return]
