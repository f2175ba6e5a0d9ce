from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

START = """\
import tempfile, time
from pathlib import Path
from promote.system import process, scratch

scratch.use()
made = Path(tempfile.mkdtemp(prefix="tree-"))
(made / "file").write_text("x")
process.run(["sh", "-c", "mktemp -d kustomize-XXXXXX -t"])
print(scratch.top(), flush=True)
"""
LEFT_OPEN = START + "time.sleep(600)\n"


def environment(folder: Path) -> Mapping[str, str]:
    return os.environ | {"TMPDIR": str(folder)}


def start(folder: Path) -> tuple[subprocess.Popen[str], Path]:
    child = subprocess.Popen(
        [sys.executable, "-c", LEFT_OPEN], env=environment(folder), stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    return child, Path(child.stdout.readline().strip())


def kill(child: subprocess.Popen[str], number: signal.Signals = signal.SIGKILL) -> None:
    child.send_signal(number)
    child.communicate(timeout=30)


def run(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", START], env=environment(folder), check=True, timeout=60)


def test_nothing_is_left(tmp_path: Path) -> None:
    run(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    child, left = start(tmp_path)
    kill(child)
    assert sorted(path.name.split("-")[0] for path in left.iterdir()) == ["lock", "programs", "tree"]
    assert [path.name[:10] for path in (left / "programs").iterdir()] == ["kustomize-"]
    run(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_running_process_uses_stays(tmp_path: Path) -> None:
    child, used = start(tmp_path)
    try:
        run(tmp_path)
        assert list(tmp_path.iterdir()) == [used]
        assert (next(used.glob("tree-*")) / "file").exists()
    finally:
        kill(child)


def trap(folder: Path, victim: Path) -> Path:
    """A folder with the name of one of ours, whose owner is gone, with a link out of it."""
    made = folder / "promote-run-trap"
    made.mkdir(0o700)
    (made / "lock").touch(0o600)
    (made / "way-out").symlink_to(victim, target_is_directory=True)
    return made


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A folder with one file, which must survive."""
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/file").touch()
    (tmp_path / "tmp").mkdir()
    return tmp_path / "victim"


def test_links_are_not_followed(victim: Path) -> None:
    folder = victim.parent / "tmp"
    trap(folder, victim)
    (victim / "lock").touch()
    (folder / "promote-run-link").symlink_to(victim, target_is_directory=True)
    run(folder)
    assert [path.name for path in folder.iterdir()] == ["promote-run-link"]
    assert (victim / "file").exists()


def test_a_lock_that_is_a_link_or_a_pipe_is_left_alone(victim: Path) -> None:
    folder = victim.parent / "tmp"
    for name, make in (("link", lambda path: path.symlink_to(victim / "file")), ("pipe", os.mkfifo)):
        made = folder / f"promote-run-{name}"
        made.mkdir(0o700)
        make(made / "lock")
    run(folder)
    assert (victim / "file").exists()
    assert (folder / "promote-run-link").exists()


def test_folders_that_others_may_write_are_left_alone(victim: Path) -> None:
    folder = victim.parent / "tmp"
    made = trap(folder, victim)
    made.chmod(0o770)
    run(folder)
    assert made.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_folders_of_others_are_left_alone(victim: Path) -> None:
    folder = victim.parent / "tmp"
    made = trap(folder, victim)
    os.chown(made, 12345, 12345)
    run(folder)
    assert made.exists()


def test_no_folder_for_temporary_files(tmp_path: Path) -> None:
    start = "import tempfile; tempfile.tempdir = '/nonexistent'"
    script = f"{start}; from promote.cli.main import main; exit(main(['status']))"
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "cannot make a folder for temporary files" in done.stderr) == (2, True), done


@pytest.mark.parametrize("name", ["", "TMPDIR"])
def test_the_current_folder_is_taken_only_by_name(tmp_path: Path, name: str) -> None:
    """It is what Python takes where no other can be written, and it may be a repository."""
    start = "import os, tempfile; tempfile._candidate_tempdir_list = lambda: [os.getcwd()]"
    script = f"{start}; from promote.system import scratch; scratch.top()"
    env = {key: value for key, value in os.environ.items() if key not in ("TMPDIR", "TEMP", "TMP")}
    env |= {name: str(tmp_path)} if name else {}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == bool(name), done
    assert name or "make room, or set TMPDIR" in done.stderr
    assert list(tmp_path.iterdir()) == []
