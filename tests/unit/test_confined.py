from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from promote.errors import EditRefused, ToolError
from promote.system.confined import Folder, replace_files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout next to a file that must stay as it is; `out` leads there, `in` does not."""
    (tmp_path / "victim").write_bytes(b"theirs")
    (tmp_path / "root/a").mkdir(parents=True)
    (tmp_path / "root/a/file").write_bytes(b"old")
    (tmp_path / "root/out").symlink_to("..")
    (tmp_path / "root/in").symlink_to("a")
    (tmp_path / "root/link").symlink_to("../victim")
    return tmp_path / "root"


@pytest.mark.parametrize("path", ["out/new", "in/new", "link", "a/file", "a/file/new", "link/new"])
def test_nothing_is_made_through_a_link_or_in_place_of_a_file(root: Path, path: str) -> None:
    with Folder(root) as folder:
        with pytest.raises((FileExistsError, NotADirectoryError)):
            folder.make_file(path, b"new")
        with pytest.raises((FileExistsError, NotADirectoryError)):
            folder.make_link(path, "target")
    assert (root.parent / "victim").read_bytes() == b"theirs"
    assert sorted(one.name for one in root.parent.iterdir()) == ["root", "victim"]
    assert [one.name for one in (root / "a").iterdir()] == ["file"]


def test_files_and_links_are_made_with_their_folders(root: Path) -> None:
    with Folder(root) as folder:
        folder.make_file("b/c/d", b"new", executable=True)
        folder.make_link("b/e", "c/d")
        folder.make_file("b/f", b"last")
        assert folder.read("b/c/d") == b"new"
        assert (folder.status("b/none"), folder.status("none/none"), folder.status("in/file")) == (None, None, None)
        assert folder.target("b/e") == "c/d"
    assert (root / "b/e").read_bytes() == b"new"
    assert (os.access(root / "b/c/d", os.X_OK), os.access(root / "b/f", os.X_OK)) == (True, False)


@pytest.mark.parametrize("path", ["link", "out/victim", "in/file", "none", "a"])
def test_only_plain_files_are_replaced_and_nothing_before_all_are_known(root: Path, path: str) -> None:
    with pytest.raises(EditRefused, match=f"^{path} is a link, or is reached through one"):
        replace_files(root, {"a/file": b"new", path: b"new"})
    assert ((root / "a/file").read_bytes(), (root.parent / "victim").read_bytes()) == (b"old", b"theirs")


def test_a_replaced_file_keeps_its_mode(root: Path) -> None:
    (root / "a/file").chmod(0o640)
    replace_files(root, {"a/file": b"new", "a/gone": None})
    assert ((root / "a/file").read_bytes(), (root / "a/file").stat().st_mode & 0o777) == (b"new", 0o640)
    assert [one.name for one in (root / "a").iterdir()] == ["file"]


FULL = """\
import resource, sys
from pathlib import Path
from promote.errors import ToolError
from promote.system.confined import replace_files

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    replace_files(Path(sys.argv[1]), {"a/file": b"x" * 10000})
except ToolError as error:
    print(error)
"""


def test_a_disk_without_room_leaves_the_old_file_alone(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, str(root)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"cannot write a/file in {root} (File too large): it is as before"), done
    assert ([one.name for one in (root / "a").iterdir()], (root / "a/file").read_bytes()) == (["file"], b"old")


def test_a_disk_that_is_found_full_last(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ToolError, match="No space left on device"):
        replace_files(root, {"a/file": b"new"})
    assert ([one.name for one in (root / "a").iterdir()], (root / "a/file").read_bytes()) == (["file"], b"old")


def test_a_disk_that_is_full_at_the_second_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def full(_: int) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    (root / "a/other").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ToolError, match=f"cannot write a/other in {root}"):
        replace_files(root, {"a/file": b"new", "a/other": b"new"})
    assert {one.name: one.read_bytes() for one in (root / "a").iterdir()} == {"file": b"old", "other": b"old"}
