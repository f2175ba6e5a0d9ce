"""Every test and check is run: before a merge by `make verify`, or else in the night, and nowhere twice."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.project.targets import (
    ROOT,
    WORKFLOWS,
    asked_for,
    collected,
    commands,
    environment,
    modules,
    programs,
    pytests,
    steps,
    targets,
)

CHECK, NIGHTLY = WORKFLOWS / "check.yaml", WORKFLOWS / "nightly.yaml"
BEFORE_A_MERGE = commands("verify")
AT_NIGHT = commands(*asked_for(NIGHTLY))
# A file in which every test is slow, and the one whose quick tests are about the same.
COVERED = {
    "tests/hostile/test_left_out.py": "tests/integration/test_policy.py",
    "tests/hostile/test_tokens.py": "tests/unit/test_process.py",
    "tests/integration/test_check_defects.py": "tests/integration/test_check_small.py",
    "tests/integration/test_check_streams.py": "tests/integration/test_check_small.py",
    "tests/integration/test_components.py": "tests/manifests/test_components.py",
    "tests/integration/test_deliveries.py": "tests/unit/test_deliveries.py",
    "tests/integration/test_live.py": "tests/policies/test_rules.py",
    "tests/integration/test_writers.py": "tests/integration/test_races.py",
    "tests/policies/test_rego.py": "tests/policies/test_rules.py",
}
SOURCES = {path.relative_to(ROOT): path.read_text() for path in sorted((ROOT / "tests").rglob("*.py"))}


def test_ci_and_the_workflow_run_the_same() -> None:
    parts = asked_for(ROOT / ".ci" / "run")
    assert parts == ["verify-first", "verify-rest"]
    assert commands(*parts) == commands("verify")
    # The last with newer Pythons, for which not everything that `verify` needs is built.
    assert asked_for(CHECK) == ["setup", "verify", "test"]


def test_the_workflow_checks_nothing_that_the_target_does_not() -> None:
    """Its other steps show what that target finds, too: one that fails for itself would be missing in `.ci/run`."""
    run = [step["run"] for step in steps(CHECK) if "run" in step and not step["run"].startswith("make ")]
    shown = [command.partition(" --output ")[0] for command in run if not command.endswith("|| true")]
    [checked] = [command for command in BEFORE_A_MERGE if "promote check" in command]
    assert shown
    assert [command for command in shown if not checked.startswith(command)] == []


def _ci(folder: Path, code: int, script: str) -> subprocess.CompletedProcess[str]:
    """What `.ci/run`, as `script` has it, does where `make` prints its target and ends with a code."""
    make = folder / "make"
    make.write_text(f'#!/bin/sh\necho "$@"\nls -A "$PIP_CACHE_DIR"\necho "$PIP_CACHE_DIR"\nexit {code}\n')
    make.chmod(0o755)
    (folder / ".ci").mkdir()
    (folder / ".ci" / "run").write_text(script)
    env = environment() | {"PATH": f"{folder}:{os.environ['PATH']}", "PIP_CACHE_DIR": str(ROOT / "tools")}
    return subprocess.run(
        ["bash", str(folder / ".ci" / "run")], env=env, capture_output=True, text=True, check=False, timeout=30
    )


CI = (ROOT / ".ci" / "run").read_text()


def test_ci_runs_them_without_what_pip_has_kept_and_fails_with_them(tmp_path: Path) -> None:
    done = _ci(tmp_path, 3, CI)
    assert (done.returncode, done.stderr) == (3, "")
    target, cache = done.stdout.splitlines()
    assert target == "verify-first"
    assert not Path(cache).exists()


@pytest.mark.parametrize(
    ("seconds", "last"), [(0, "verify-rest"), (3001, "left out, because this machine took 50 minutes")]
)
def test_ci_leaves_out_the_second_part_on_a_slow_machine(tmp_path: Path, seconds: int, last: str) -> None:
    done = _ci(tmp_path, 0, CI.replace("make verify-first\n", f"make verify-first\nSECONDS={seconds}\n"))
    said = done.stdout.splitlines()
    assert (done.returncode, said[0]) == (0, "verify-first")
    assert said[2].startswith(last)


def test_no_command_may_fail_unnoticed() -> None:
    assert [line for line in (ROOT / "Makefile").read_text().splitlines() if re.match(r"\t[@+]*-", line)] == []


def test_every_target_that_tests_is_run() -> None:
    every = {command for target in targets() for command in modules(commands(target)) if is_testing(command)}
    assert every
    assert every == {command for command in modules((*BEFORE_A_MERGE, *AT_NIGHT)) if is_testing(command)}


def is_testing(command: tuple[str, ...]) -> bool:
    return command[0] == "pytest" or command[0].startswith("tests.")


def test_every_program_is_run_once() -> None:
    before, night = Counter(programs(BEFORE_A_MERGE)), Counter(programs(AT_NIGHT))
    assert {*before.values(), *night.values()} == {1}
    assert {module for module in runnable() if not is_used(module)} - (before | night).keys() == set()


def runnable() -> set[str]:
    """The modules below tests/ that can be run as programs."""
    found = {path for path, text in SOURCES.items() if '\nif __name__ == "__main__":' in text}
    return {".".join(path.with_suffix("").parts).removesuffix(".__main__") for path in found}


def is_used(module: str) -> bool:
    """Whether another module imports this one, or starts it by its name or file, so that it is a part of that."""
    return not {module, f"{module.rpartition('.')[2]}.py"}.isdisjoint(mentioned())


@cache
def mentioned() -> frozenset[str]:
    """The modules that imports and texts below tests/ name; not those of docstrings, which prove nothing."""
    found = set()
    for node in (node for text in SOURCES.values() for node in ast.walk(ast.parse(text))):
        if isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    # A package, imported or not, says nothing about its program.
    return frozenset(found - {".".join(path.parent.parts) for path in SOURCES if path.name == "__main__.py"})


class Collected(NamedTuple):
    """The tests below tests/, and those of each run of pytest before a merge and at night."""

    everything: list[str]
    before: list[list[str]]
    night: list[list[str]]


@pytest.fixture(scope="module")
def found() -> Collected:
    before, night = pytests(BEFORE_A_MERGE), pytests(AT_NIGHT)
    everything, *runs = collected(("tests",), *before, *night)
    return Collected(everything, runs[: len(before)], runs[len(before) :])


def test_every_file_with_tests_is_known_to_pytest(found: Collected) -> None:
    with_tests = {
        str(path) for path, text in SOURCES.items() if re.search(r"^(async )?def test_", text, re.MULTILINE)
    }
    assert with_tests == {test.partition("::")[0] for test in found.everything}


def test_every_test_is_in_one_run_before_a_merge_or_else_at_night(found: Collected) -> None:
    before, night = (Counter(test for run in runs for test in run) for runs in (found.before, found.night))
    assert {test for test in found.everything if (before[test] or night[test]) != 1} == set()


def test_every_file_has_a_quick_test_or_another_that_covers_it(found: Collected) -> None:
    """What most changes break is found by `make test`, not only by what takes longer."""
    runs = pytests(BEFORE_A_MERGE)
    numbers = [runs.index(pytests(commands(target))[0]) for target in ("test", "integration")]
    quick, slow = ({test.partition("::")[0] for test in found.before[number]} for number in numbers)
    assert slow - quick == COVERED.keys()
    assert set(COVERED.values()) <= quick
