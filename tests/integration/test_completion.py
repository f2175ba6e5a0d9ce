"""What a shell is told about the words that may follow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.sandbox import Sandbox

pytestmark = pytest.mark.quick


def completed(sandbox: Sandbox, line: str, answer: Path) -> set[str]:
    """What argcomplete's script gets for a line that is typed."""
    asked = {
        "_ARGCOMPLETE": "1", "_ARGCOMPLETE_STDOUT_FILENAME": str(answer), "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9",
    }  # fmt: skip
    answer.write_text("")
    command = [sys.executable, "-m", "promote"]
    done = subprocess.run(
        command,
        cwd=sandbox.root,
        env=os.environ | dict(sandbox.env) | asked,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")
    return {word.strip() for word in answer.read_text().split("\n") if word}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("promote hi", {"history"}),
        ("promote plan st", {"staging"}),
        ("promote plan staging pro", {"production"}),
        ("promote check --fa", {"--fail-on"}),
        ("promote check --output sar", {"sarif"}),
        ("promote 'unfinished", set()),
        ("promote plan 'st", {"staging"}),
        ('promote plan "p', {"production"}),
        ("promote 'plan' 'staging' \"pro", {"production"}),
        ("promote check --output 'sar", {"sarif"}),
        ("promote 'plan st", set()),
    ],
)
def test_words_are_completed(tiny: Sandbox, tmp_path: Path, line: str, words: set[str]) -> None:
    assert completed(tiny, line, tmp_path / "answer") == words


@pytest.mark.slow
def test_a_broken_promote_yaml_completes_nothing(tiny: Sandbox, tmp_path: Path) -> None:
    tiny.write("promote.yaml", "environments: [")
    assert completed(tiny, "promote history sta", tmp_path / "answer") == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_accepts_its_script(tiny: Sandbox, shell: str) -> None:
    script = tiny.promote("completion", shell).out
    assert "promote" in script
    if program := shutil.which(shell):
        done = subprocess.run([program, "-n"], input=script, text=True, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
