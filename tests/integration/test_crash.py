"""A promotion that is killed at any of its steps is finished by the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.sandbox import BRANCH, Sandbox, Shim, tiny_overlay
from tests.unit.test_process import ends

CALLS = 35  # that a first promotion makes of Git
# Between two calls nothing is written but temporary files: killed after one is killed before the next.
PUSH = 25  # the first that leaves a trace; of those before it, every third stands for its neighbours
MOMENTS = [
    *(("AT", number) for number in (*range(1, PUSH, 3), *range(PUSH + 1, CALLS + 1))),
    pytest.param("AT", PUSH, marks=pytest.mark.quick),
    ("AFTER", CALLS),
    *(pytest.param("AT", number, marks=pytest.mark.thorough) for number in range(1, PUSH) if number % 3 != 1),
]


def assert_finished(tiny: Sandbox, before: dict[str, bytes]) -> None:
    tiny.promote("staging", "production")
    assert tiny.snapshot() == before
    assert sorted(tiny.branches()) == ["main", BRANCH]
    assert tiny.show() == tiny_overlay("production", "1.2.0", "2.1.0")
    assert tiny.at_origin("rev-parse", f"{BRANCH}^") == tiny.tip()
    assert [(pull["head"], pull["state"]) for pull in tiny.pulls().values()] == [(BRANCH, "open")]


def test_every_call_is_covered(tiny: Sandbox, shim: Shim) -> None:
    done = tiny.finish("staging", "production", env=shim.env)
    assert done.code == 0, done
    assert len(shim.calls) == CALLS


@pytest.mark.parametrize(("moment", "number"), MOMENTS)
def test_killed_at_any_call_of_git(tiny: Sandbox, shim: Shim, moment: str, number: int) -> None:
    before, main = tiny.snapshot(), tiny.tip()
    done = tiny.finish("staging", "production", env=shim.killing(moment, number))
    assert done.code == -signal.SIGKILL, done
    assert len(shim.calls) == number
    assert tiny.snapshot() == before
    assert tiny.tip() == main
    assert_finished(tiny, before)


@pytest.mark.thorough
def test_killed_again_and_again(tiny: Sandbox, shim: Shim) -> None:
    before = tiny.snapshot()
    for number in (3, PUSH, 28, 32, CALLS):
        tiny.finish("staging", "production", env=shim.killing("AT", number))
        assert tiny.snapshot() == before
    assert_finished(tiny, before)


@pytest.mark.parametrize(("name", "code"), [("INT", 130), ("TERM", 143), ("HUP", 129)])
def test_interrupted(tiny: Sandbox, shim: Shim, tmp_path: Path, name: str, code: int) -> None:
    before = tiny.snapshot()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    # The program that promote waits for, and one that this program has started.
    script = f"sleep 1000 & echo $! > {tmp_path}/child\nkill -{name} $PROMOTE\nexec tail -f /dev/null"
    done = tiny.finish("staging", "production", env=shim.before_each("push", script) | {"TMPDIR": str(temporary)})
    assert (done.code, "run the command again" in done.err) == (code, True), done
    assert list(temporary.iterdir()) == []
    assert ends(int((tmp_path / "child").read_text()))
    assert tiny.snapshot() == before
    assert_finished(tiny, before)


def test_a_hangup_that_is_ignored_stays_so(tiny: Sandbox, shim: Shim) -> None:
    env = shim.before_each("push", "kill -HUP $PROMOTE")
    started = ["sh", "-c", 'trap "" HUP; exec "$0" -m promote staging production', sys.executable]
    done = subprocess.run(
        started, cwd=tiny.root, env=os.environ | dict(tiny.env) | env, check=False, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done
    assert sorted(tiny.branches()) == ["main", BRANCH]


def test_what_was_killed_leaves_its_temporary_files_to_the_next(tiny: Sandbox, shim: Shim, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = {"TMPDIR": str(temporary)}
    done = tiny.finish("staging", "production", env=shim.killing("AT", PUSH) | env)
    assert (done.code, len(list(temporary.iterdir()))) == (-signal.SIGKILL, 1), done
    assert tiny.finish("staging", "production", env=env).code == 0
    assert list(temporary.iterdir()) == []


def test_killed_in_a_rollback_before_its_push(tiny: Sandbox, shim: Shim) -> None:
    tiny.promote("bump", "production", "api=1.2.0", "--commit")
    before, tip = tiny.snapshot(), tiny.tip()
    script = "kill -9 $PROMOTE\nexit 1"
    done = tiny.finish("rollback", "production", "api", env=shim.before_each("push", script))
    assert done.code == -signal.SIGKILL, done
    assert (tiny.snapshot(), tiny.tip()) == (before, tip)
    tiny.promote("rollback", "production", "api")
    assert tiny.show(branch="main") == tiny_overlay("production", "1.1.0", "2.0.0")


def test_killed_in_a_rollback_after_its_push(tiny: Sandbox, shim: Shim) -> None:
    for version in ("api=1.2.0", "api=1.3.0"):
        tiny.promote("bump", "production", version, "--commit")
    done = tiny.finish("rollback", "production", "api", env=shim.killing_after("push"))
    assert done.code == -signal.SIGKILL, done
    tip = tiny.tip()
    again = tiny.promote("rollback", "production", "api").out
    assert f"api 1.3.0 was taken back already, by {tip[:12]}" in again
    assert (tiny.tip(), tiny.show(branch="main")) == (tip, tiny_overlay("production", "1.2.0", "2.0.0"))


@pytest.mark.quick
def test_a_push_that_arrives_but_never_answers(tiny: Sandbox, shim: Shim) -> None:
    hook = tiny.origin / "hooks/post-update"
    hook.write_text("#!/bin/sh\nkill -9 $PPID\n")
    hook.chmod(0o755)
    tiny.promote("bump", "production", "api=1.2.0", "--commit")
    assert tiny.show(branch="main") == tiny_overlay("production", "1.2.0", "2.0.0")
