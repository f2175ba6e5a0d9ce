"""Who approves a change, and who raises a lock: both compared with the files that there are."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
OWNER = "@mediq/production-owners"
# Prose, which neither reaches production nor guards it.
UNOWNED = {".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "docs", "examples"}
BY_HAND = re.compile(r"^# By hand: (/\S+): (\w.{20,})$", re.MULTILINE)


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return [Path(line) for line in done.stdout.splitlines() if (ROOT / line).exists()]


def owned() -> dict[str, list[str]]:
    lines = (ROOT / ".github" / "CODEOWNERS").read_text().splitlines()
    return {pattern: owners for pattern, *owners in (line.split() for line in lines if line and line[0] != "#")}


def updates(ecosystem: str) -> list[str]:
    settings: Any = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())
    found = [update for update in settings["updates"] if update["package-ecosystem"] == ecosystem]
    return [folder for update in found for folder in update.get("directories", [update.get("directory")])]


def by_hand() -> dict[str, str]:
    return dict(BY_HAND.findall((ROOT / ".github" / "dependabot.yml").read_text()))


def test_everything_but_prose_has_an_owner() -> None:
    folders = {f"/{path.parts[0]}{'/' if len(path.parts) > 1 else ''}" for path in tracked()}
    prose = {f"/{name}{'/' if (ROOT / name).is_dir() else ''}" for name in UNOWNED}
    assert owned().keys() == folders - prose
    assert set(map(tuple, owned().values())) == {(OWNER,)}


def test_every_lock_is_raised_by_dependabot_or_by_hand() -> None:
    locks = {f"/{path.parent}" for path in tracked() if path.name.startswith("requirements")}
    modules = {f"/{path.parent}" for path in tracked() if path.name == "go.mod"}
    assert sorted([*updates("pip"), *(by_hand().keys() & locks)]) == sorted(locks)
    assert sorted([*updates("gomod"), *(by_hand().keys() & modules)]) == sorted(modules)


def test_what_is_raised_by_hand_is_there_and_cannot_be_raised_by_dependabot() -> None:
    assert len(by_hand()) == (ROOT / ".github" / "dependabot.yml").read_text().count("By hand:")
    assert [folder for folder in by_hand() if not (ROOT / folder.removeprefix("/")).is_dir()] == []
    for folder in by_hand().keys() - {"/tools/nca"}:
        go_mod = (ROOT / folder.removeprefix("/") / "go.mod").read_text()
        assert "\ntool " not in go_mod or "\nreplace " in go_mod


def test_actions_are_raised_by_dependabot() -> None:
    assert updates("github-actions") == ["/"]
