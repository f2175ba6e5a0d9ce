from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from promote.errors import TimedOut, ToolError
from promote.system import process
from promote.system.process import environment, redact, run

SLEEPY = 'sleep 60 & echo $! > started; echo "$(cat started)"; wait'


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ends(pid: int) -> bool:
    """Whether `pid` ends very soon."""
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_running(pid)


def test_run(tmp_path: Path) -> None:
    done = run(["sh", "-c", "cat; pwd; echo $X; echo no >&2; exit 3"], cwd=tmp_path, stdin=b"in ", env={"X": "y"})
    assert (done.code, done.text, done.error) == (3, f"in {tmp_path.resolve()}\ny\n", "no")


def test_memory_has_a_limit() -> None:
    fill = [sys.executable, "-c", "bytearray(200 << 20)"]
    assert run(fill, memory=400 << 20).code == 0
    done = run(fill, memory=100 << 20)
    assert done.code == 1
    assert done.error.endswith("MemoryError")


def test_a_dialogue_stops_what_it_started(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Also a program that neither ends with its input nor was heard to the end."""
    asked = ["sh", "-c", 'echo $$; echo "a secret" >&2; trap "" TERM; while :; do sleep 60; done']
    start = time.monotonic()
    with process.dialogue(asked, cwd=tmp_path) as talk:
        pid = int(talk.line())
    assert ends(pid)
    assert time.monotonic() - start < 30
    assert capfd.readouterr().err == ""


def test_a_dialogue_with_a_program_that_has_ended() -> None:
    """What was not taken is no error of its own when the pipe is closed."""
    with process.dialogue(["sh", "-c", "exec <&-; echo gone; sleep 1"]) as talk:
        assert talk.line() == b"gone"
        with pytest.raises(ToolError, match="sh -c ended without an answer"):
            talk.send(b"x")
    with pytest.raises(ToolError, match="cannot start nowhere"), process.dialogue(["nowhere-to-be-found"]):
        pass


def test_output_is_bytes() -> None:
    done = run(["printf", r"\377"])
    assert (done.stdout, done.text) == (b"\xff", "\ufffd")


def test_no_shell() -> None:
    assert run(["echo", "$HOME; ls", Path("a b")]).text == "$HOME; ls a b\n"


def test_program_that_is_missing() -> None:
    with pytest.raises(ToolError, match=r"cannot start nowhere-to-be-found: No such file"):
        run(["nowhere-to-be-found"])


def test_time_limit_stops_all_that_was_started(tmp_path: Path) -> None:
    with pytest.raises(TimedOut, match=r"^sh -c took longer than 0 s and was stopped$"):
        run(["/bin/sh", "-c", SLEEPY], cwd=tmp_path, timeout=0.3)
    assert ends(int((tmp_path / "started").read_text()))


def test_time_limit_holds_when_only_a_grandchild_is_left(tmp_path: Path) -> None:
    with pytest.raises(TimedOut):
        run(["sh", "-c", "sleep 60 & echo $! > started"], cwd=tmp_path, timeout=0.3)
    assert ends(int((tmp_path / "started").read_text()))


def test_time_limit_shows_no_secret(tmp_path: Path) -> None:
    (tmp_path / "hang").write_text("#!/bin/sh\nsleep 60\n")
    (tmp_path / "hang").chmod(0o755)
    with pytest.raises(TimedOut, match=r"^hang https://\*\*\*@host/ took longer"):
        run([tmp_path / "hang", "https://me:pass@host/"], timeout=0.1)


def test_interrupt_stops_what_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    communicate = subprocess.Popen.communicate

    def interrupted(child: subprocess.Popen[bytes], *_: object) -> None:
        assert child.stdout is not None
        child.stdout.readline()
        monkeypatch.setattr(subprocess.Popen, "communicate", communicate)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(["sh", "-c", SLEEPY], cwd=tmp_path)
    assert ends(int((tmp_path / "started").read_text()))
    assert process._children == set()


def test_side_by_side() -> None:
    with process.side_by_side(2) as pool:
        answers = [done.text for done in pool.map(run, [["echo", "1"], ["echo", "2"]])]
    assert answers == ["1\n", "2\n"]


def fail_beside(folder: Path) -> None:
    with process.side_by_side(1) as pool:
        pool.submit(run, ["sh", "-c", SLEEPY], cwd=folder)
        waiting = pool.submit(run, ["touch", str(folder / "never")])
        while not (folder / "started").exists() or not (folder / "started").read_text().strip():
            time.sleep(0.01)
        raise KeyboardInterrupt(waiting)


def test_a_failure_stops_what_runs_beside_it(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt) as raised:
        fail_beside(tmp_path)
    assert time.monotonic() - began < 30
    assert ends(int((tmp_path / "started").read_text()))
    assert raised.value.args[0].cancelled()
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pass@host/x", "https://***@host/x"),
        ("https://token@host", "https://***@host"),
        ("https://user:p@ss@host/x@y", "https://***@host/x@y"),
        ("'ssh://u:p@h/' and https://a:b@c", "'ssh://***@h/' and https://***@c"),
        ("git@github.com:a/b", "git@github.com:a/b"),
        ("https://host/a@b", "https://host/a@b"),
        ("me@host", "me@host"),
    ],
)
def test_credentials_in_urls(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "name", ["GH_TOKEN", "gitlab_token", "DB_PASSWORD", "X_SECRET_Y", "CREDENTIALS", "API_KEY", "GH_PAT", "PASSWD"]
)
def test_values_of_secret_variables(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "  abcd1234\n")
    assert redact("it was abcd1234, yes") == "it was ***, yes"


def test_one_secret_inside_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "abcd1234")
    monkeypatch.setenv("B_TOKEN", "abcd1234-and-more")
    assert redact("abcd1234-and-more") == "***"


@pytest.mark.parametrize(("name", "value"), [("GH_TOKEN", "main"), ("EDITOR", "abcd1234"), ("KEYBOARD", "abcd1234")])
def test_words_that_are_no_secrets(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert redact(f"on {value}") == f"on {value}"


def test_what_a_program_complains_of_is_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_TOKEN", "abcd1234")
    said = {"SAID": "bad abcd1234 https://a:b@c"}
    assert run(["sh", "-c", "echo $SAID >&2"], env=said).error == "bad *** https://***@c"


def test_a_program_gets_secrets_only_where_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_TOKEN", "abcd1234")
    show = ["sh", "-c", "echo ${GH_TOKEN:-none}"]
    assert run(show).text == "none\n"
    whole = process.Exactly(environment(secrets=True))
    assert run(show, exactly=whole).text == "abcd1234\n"
    assert run(show, exactly=process.Exactly({"PATH": os.environ["PATH"]}, ("env", "GH_TOKEN=x"))).text == "x\n"


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in process.INHERITED_GIT:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "0")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    found = environment({"EXTRA": "1"})
    assert found.keys() & set(process.INHERITED_GIT) == set()
    # Configuration is the user's.
    kept = {name: found[name] for name in ("GIT_CONFIG_COUNT", "GIT_TERMINAL_PROMPT", "LC_ALL", "EXTRA")}
    assert kept == {"GIT_CONFIG_COUNT": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "EXTRA": "1"}
    assert environment({"GIT_INDEX_FILE": "mine"})["GIT_INDEX_FILE"] == "mine"


def test_git_would_listen_to_nothing_else() -> None:
    local = run(["git", "rev-parse", "--local-env-vars"]).text.split()
    configuration = {"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"}
    assert set(local) - configuration - set(process.INHERITED_GIT) == set()


def test_a_home_for_programs_that_need_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment()["HOME"] == os.environ["HOME"]
    monkeypatch.delenv("HOME")
    assert Path(environment()["HOME"]).is_absolute()
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert Path(environment()["HOME"]).is_dir()


def test_stopping_what_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], start_new_session=True) as child:
        child.wait()
    process._stop(child)


class InterruptedStart(subprocess.Popen[bytes]):
    """Ctrl-C comes when the program runs and nobody holds it yet."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        assert self.stdout is not None
        self.stdout.readline()
        signal.raise_signal(signal.SIGINT)


def test_interrupt_amid_a_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", InterruptedStart)
    with pytest.raises(KeyboardInterrupt):
        run(["sh", "-c", SLEEPY], cwd=tmp_path)
    assert ends(int((tmp_path / "started").read_text()))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_was_started_too_late_to_be_seen_is_stopped_too(tmp_path: Path) -> None:
    process._stopping.set()
    try:
        assert run(["sleep", "60"], cwd=tmp_path).code < 0
    finally:
        process._stopping.clear()


def test_result_of_a_long_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_TURN", 0.01)
    with process.side_by_side(1) as pool:
        assert process.result(pool.submit(run, ["sh", "-c", "sleep 0.1; echo 1"])).text == "1\n"
        with pytest.raises(ToolError, match="nowhere-to-be-found"):
            process.result(pool.submit(run, ["nowhere-to-be-found"]))
