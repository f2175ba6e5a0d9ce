from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from promote import errors
from promote.checks.coverage import Matrix
from promote.checks.findings import NOWHERE, Finding, Verdict
from promote.cli import main as cli
from promote.cli.main import main
from promote.commands import check, status
from promote.commands.result import Result
from promote.output.report import CheckReport

ROOT = Path(__file__).resolve().parents[2]
EXIT_CODES = {
    "PromoteError": 2, "UsageError": 2, "UnknownEnvironment": 2, "ConfigError": 2, "EditRefused": 2, "ToolError": 2,
    "TimedOut": 2, "RenderError": 2, "GitError": 2, "CheckDenied": 3, "Blocked": 4, "RaceLost": 5, "HeadMoved": 5,
    "StillLocked": 5, "NetworkError": 6, "ClusterError": 6, "Unreachable": 6, "Forbidden": 6, "NotServed": 6,
    "PushDeclined": 6, "PartlyDone": 7, "NoPlace": 2, "MergedUnjudged": 5,
}  # fmt: skip
CLASSES = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Exception)]


def answer(monkeypatch: pytest.MonkeyPatch, found: Any) -> None:
    """Let `promote status` come to `found`, or raise it."""

    def run(_: object) -> Result:
        if isinstance(found, BaseException):
            raise found
        assert isinstance(found, Result)
        return found

    monkeypatch.setattr(status, "run", run)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_exit_code_of_every_error(
    kind: type[errors.PromoteError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, kind("it is\n  so: do this"))
    assert main(["status"]) == EXIT_CODES[kind.__name__] == kind.exit_code
    assert capsys.readouterr() == ("", "promote: it is so: do this\n")


def test_no_text_moves_the_cursor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answer(monkeypatch, Result({}, ["a\tb\nc \x1b[2J\r\x9b \u2192"]))
    assert main(["status"]) == 0
    answer(monkeypatch, errors.UsageError("it is \x1b[2J"))
    assert main(["status"]) == 2
    assert capsys.readouterr() == ("a\tb\\nc \\x1b[2J\\x0d\\x9b \u2192\n", "promote: it is \\x1b[2J\n")


def test_bug(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "s3cr3t-t0ken")
    answer(monkeypatch, KeyError("s3cr3t-t0ken"))
    assert main(["status"]) == 70
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Traceback (most recent call last)")
    assert "KeyError: '***'" in err
    assert err.endswith("promote: this is a bug; please report the lines above\n")


def test_expected_errors_are_redacted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answer(monkeypatch, errors.NetworkError("https://me:pass@host/x failed"))
    assert main(["status"]) == 6
    assert capsys.readouterr().err == "promote: https://***@host/x failed\n"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/x"), "No space left on device: /x: fix that"),
        (PermissionError(errno.EACCES, "Permission denied"), "Permission denied: fix that"),
    ],
)
def test_trouble_of_the_machine(
    error: OSError, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, error)
    assert main(["status"]) == 2
    assert capsys.readouterr() == ("", f"promote: {says}, then run the command again\n")


def test_names_of_files_are_utf_8() -> None:
    # Where Python is not told otherwise, it takes UTF-8 in the locale C.
    command = [sys.executable, "-m", "promote", "policies"]
    locale = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run(command, env=locale, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("promote: names of files are ascii in this locale: set PYTHONUTF8=1, or LC_ALL=C.UTF-8\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["hold", "production", "web=1.1", "--reason", "caf\udce9"],
        ["bump", "staging", "caf\udce9=1"],
        ["staging", "production", "--only", "web", "--only", "caf\udce9"],
        ["staging", "production", "--despite-soak", "caf\udce9"],
        ["history", "caf\udce9"],
    ],
)
def test_what_is_not_utf_8_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Only the name of a file may be so."""
    assert main(arguments) == 2
    assert "is not UTF-8: write it in UTF-8" in capsys.readouterr().err


def test_the_name_of_a_file_may_be_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, Result({}, ["read"]))
    (tmp_path / "caf\udce9").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["status", "caf\udce9"]) == 0
    assert capsys.readouterr().out == "read\n"


def test_interrupt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answer(monkeypatch, KeyboardInterrupt())
    assert main(["status"]) == 130
    assert capsys.readouterr() == ("", "promote: interrupted; run the command again to finish\n")


@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyboardInterrupt(), 130), (KeyError("x"), 70), (RecursionError(), 2), (errors.Blocked("it is held"), 4)],
)
def test_what_cannot_be_said_keeps_its_exit_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    answer(monkeypatch, error)
    monkeypatch.setattr(sys, "stderr", Full())
    assert main(["status"]) == code


@pytest.mark.parametrize("code", [0, 1, 3, 4])
def test_result(code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answer(monkeypatch, Result({"a": "→"}, ["one", "two"], code))
    assert main(["status"]) == code
    assert capsys.readouterr() == ("one\ntwo\n", "")


def test_json_is_all_there_is_on_stdout(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answer(monkeypatch, Result({"a": "→"}, ["text"]))
    assert main(["status", "--output", "json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"a": "→"}
    assert "→" in out
    assert err == ""


def test_other_views(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[object] = []

    def run(options: object) -> Result:
        seen.append(options)
        return Result({}, ["text"], 3, CheckReport(Verdict((), (FOUND,)), Matrix(()), ()))

    monkeypatch.setattr(check, "run", run)
    assert main(["check", "a", "--only", "x", "--only", "y", "--output", "github"]) == 3
    assert capsys.readouterr().out.splitlines()[0] == "::error title=a.b::it is wrong"
    assert seen == [check.Options(("a",), ("x", "y"))]


FOUND = Finding("a.b", "deny", "t", NOWHERE, "it is wrong")


class Ascii(io.TextIOWrapper):
    """A terminal that knows no arrows."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="ascii")

    @property
    def text(self) -> str:
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode("ascii")


@pytest.mark.parametrize(
    ("output", "read"),
    [("text", lambda text: text.strip().encode().decode("unicode_escape")), ("json", json.loads)],
)
def test_terminal_without_arrows(output: str, read: Callable[[str], object], monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Result("é→", ["é→"]))
    monkeypatch.setattr(sys, "stdout", terminal := Ascii())
    assert main(["status", "--output", output]) == 0
    assert read(terminal.text) == "é→"


@pytest.mark.parametrize("argv", [["--help"], ["--version"], ["plan", "--help"], []])
def test_help(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 0
    out, err = capsys.readouterr()
    assert "promote" in out
    assert err == ""


def test_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "promote: there is no command 'nonsense': name two environments, or see `promote --help`\n"


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["histroy", "staging"], " (or the command `promote history`?)"),
        (["qwerty", "staging"], ""),
        (["promote", "histroy", "staging"], ""),
    ],
)
def test_a_mistyped_command_reads_like_an_environment(
    argv: list[str], hint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unknown(_: object) -> int:
        raise errors.UnknownEnvironment("no")

    monkeypatch.setattr(cli, "_do", unknown)
    assert main(argv) == 2
    assert capsys.readouterr().err == f"promote: no{hint}\n"


def test_arguments_of_the_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["promote", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("promote ")


def test_exit_code_reaches_the_shell() -> None:
    command = [sys.executable, "-m", "promote", "nonsense"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("command", [["status"], ["check"], ["init", "--dry-run"]], ids=" ".join)
def test_a_current_folder_that_was_deleted_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert main(command) == 2
    said = "promote: the current folder does not exist any more: change to another one\n"
    assert capsys.readouterr().err == said
    # With its own path, as Python looks for it where it is.
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-m", "promote", *command], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, said)


@pytest.mark.parametrize(
    ("name", "known", "says"),
    [
        ("stagin", ["staging", "production"], "; did you mean 'staging'?"),
        ("prod", ["staging", "production"], "; did you mean 'production'?"),
        ("production", ["dev", "prod"], "; did you mean 'prod'?"),
        ("x", ["staging", "production"], "; known: production, staging"),
        ("", ["staging"], "; known: staging"),
        ("x", [], ""),
    ],
)
def test_nearest(name: str, known: list[str], says: str) -> None:
    assert errors.nearest(name, known) == says
