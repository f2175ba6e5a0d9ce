from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """What `promote check` reads of this repository, with the real rules."""
    for name in ("base", "components", "overlays", "policies", "tools/schemas", ".tools/schemas"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "promote.yaml", tmp_path)
    return tmp_path


def check(repository: Path, target: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code of `promote check`, and what it found about demonstration secrets."""
    done = subprocess.run(
        [sys.executable, "-m", "promote", "check", target, "--output", "json", "--only", "secrets.demo_sealed"],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PROMOTE_TOOLS": str(ROOT / ".tools" / "bin")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)["findings"]


def go_live(repository: Path) -> None:
    file = repository / "promote.yaml"
    before = file.read_text()
    after = before.replace("overlays/production}", "overlays/production, live: true}")
    assert after != before
    file.write_text(after)


def test_demonstration_secrets_warn_before_an_environment_is_live(repository: Path) -> None:
    code, (found,) = check(repository, "production")
    assert (code, found["level"]) == (0, "warn")


@pytest.mark.parametrize("target", ["production", "overlays/production"])
def test_demonstration_secrets_are_denied_once_it_is_live(repository: Path, target: str) -> None:
    go_live(repository)
    code, findings = check(repository, target)
    assert code == 3
    sealed = (ROOT / "components/secrets-sealed/production").glob("*secret*.yaml")
    assert {found["resource"]["name"] for found in findings} == {file.stem for file in sealed}


@pytest.mark.thorough
def test_the_other_environment_is_not_live_by_that(repository: Path) -> None:
    go_live(repository)
    code, (found,) = check(repository, "staging")
    assert (code, found["level"]) == (0, "warn")
