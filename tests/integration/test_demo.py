"""The demo keeps its word: it plays to its end, touches nothing else, and names the step that fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from promote.system import tools
from tools import demo, sandbox
from tools.stage import Stage

pytestmark = pytest.mark.quick

ROOT = Path(__file__).resolve().parents[2]
LYING_CONFTEST = """\
#!{python}
import json, subprocess, sys
done = subprocess.run(["{conftest}", *sys.argv[1:]], capture_output=True)
if "test" not in sys.argv:
    sys.exit(print(done.stdout.decode()))
answers = json.loads(done.stdout)
for one in answers:
    if one["namespace"] == "{silenced}":
        one.update(failures=[], warnings=[])
    for record in one.get("warnings", []):
        if "{silenced}" in record["metadata"]:
            record["metadata"]["{silenced}"] = []
print(json.dumps(answers))
"""


def run(folder: Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "tools/demo.py", "--folder", folder],
        cwd=cwd, env=os.environ | env, capture_output=True, encoding="utf-8", timeout=300, check=False,
    )  # fmt: skip


def state_of_repository() -> list[str]:
    asked = (["status", "--porcelain"], ["rev-parse", "HEAD"], ["config", "--list", "--local"])
    return [subprocess.check_output(["git", "-C", ROOT, *one], text=True) for one in asked]


def lie(folder: Path, silenced: str) -> str:
    """A folder of programs in which conftest keeps a namespace, or what was denied, to itself."""
    folder.mkdir()
    for name in ("kustomize", "kubeconform"):
        (folder / name).symlink_to(tools.find(name))
    conftest = folder / "conftest"
    real = tools.find("conftest")
    conftest.write_text(LYING_CONFTEST.format(python=sys.executable, conftest=real, silenced=silenced))
    conftest.chmod(0o755)
    return str(folder)


@pytest.mark.thorough
def test_plays_to_its_end_from_anywhere_and_touches_nothing_else(tmp_path: Path) -> None:
    before = state_of_repository()
    hostile = {
        "HOME": str(tmp_path), "PROMOTE_CACHE": str(tmp_path / "cache"), "PROMOTE_OUTPUT": "json",
        "GIT_DIR": str(tmp_path / "no.git"), "GIT_CONFIG_GLOBAL": str(tmp_path / "no config"),
        "LC_ALL": "C", "PYTHONIOENCODING": "latin-1:strict",
    }  # fmt: skip
    done = run(tmp_path / "a sandbox", tmp_path, **hostile)
    assert (done.returncode, done.stderr) == (0, "")
    titles = [line[:2] for line in done.stdout.splitlines() if line[:1].isdigit()]
    assert titles == [f"{number}." for number in range(1, len(demo.STEPS) + 1)]
    assert "\x1b" not in done.stdout
    assert (tmp_path / "a sandbox/mediq/holds.yaml").is_file()
    assert state_of_repository() == before


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("silenced", "number", "title"),
    [("evaluation", 1, "A new version"), ("denied", 2, "A dangerous edit")],
)
def test_names_the_step_that_a_lying_conftest_breaks(
    silenced: str,
    number: int,
    title: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PROMOTE_TOOLS", lie(tmp_path / "bin", silenced))
    monkeypatch.setattr(demo, "STEPS", (demo.new_version, demo.denied))
    assert demo.main(["--folder", str(tmp_path / "demo")]) == 1
    assert f"demo: step {number} ({title}" in capsys.readouterr().err
    assert (tmp_path / "demo/mediq/promote.yaml").is_file()


@pytest.mark.thorough
def test_a_kill_that_does_not_happen_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sandbox, "_CUT", '#!/bin/sh\nexec {git} "$@"\n')
    monkeypatch.setattr(demo, "STEPS", (demo.killed,))
    assert demo.main(["--folder", str(tmp_path)]) == 1
    assert "ended by signal 9 was to come, not 0" in capsys.readouterr().err


def test_removes_no_folder_that_it_has_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert demo.main(["--folder", str(tmp_path)]) == 2
    assert "choose another folder" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("terminal", "no_color", "coloured"), [(True, "", True), (True, "1", False), (False, "", False)]
)
def test_colours_a_terminal_that_wants_it(
    terminal: bool,
    no_color: str,
    coloured: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    Stage(sandbox.Sandbox(tmp_path)).verify("the sky is blue", holds=True)
    assert ("\x1b[32m" in capsys.readouterr().out) is coloured
