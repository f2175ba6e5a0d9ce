"""A folder above that is another user's does not decide what is judged in this one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from promote.errors import UsageError
from promote.repository import config

SOMEBODY = 54321


@pytest.fixture
def above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with promote.yaml of another user, and a folder of ours in it."""
    (tmp_path / "ours").mkdir()
    (tmp_path / "promote.yaml").write_text("environments: {}\n")
    if os.geteuid() == 0:
        os.chown(tmp_path / "promote.yaml", SOMEBODY, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)
    return tmp_path


def test_settings_of_another_user_above_are_refused(above: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"promote\.yaml belongs to another user, and would decide"):
        config.root_of(above / "ours")
    # Who goes there, or has settings here, has chosen.
    assert config.root_of(above) == above
    (above / "ours/promote.yaml").write_text("environments: {}\n")
    assert config.root_of(above / "ours") == above / "ours"
    (above / "ours/inner").mkdir()
    assert config.root_of(above / "ours/inner") == above / "ours"


def test_a_link_of_another_user_is_not_ours(above: Path) -> None:
    (above / "promote.yaml").rename(above / "theirs.yaml")
    (above / "real.yaml").write_text("environments: {}\n")
    (above / "promote.yaml").symlink_to("real.yaml")
    if os.geteuid() == 0:
        os.chown(above / "promote.yaml", SOMEBODY, -1, follow_symlinks=False)
    with pytest.raises(UsageError, match="belongs to another user"):
        config.root_of(above / "ours")


def test_git_decides_about_a_repository(above: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "--quiet", above], check=True)
    assert config.root_of(above / "ours") == above
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # Git's own, for its tests
    with pytest.raises(UsageError, match=r"safe\.directory"):
        config.root_of(above / "ours")


def test_who_became_root_keeps_what_is_theirs(above: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = (above / "promote.yaml").stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("SUDO_UID", str(owner))
    assert config.root_of(above / "ours") == above
    if owner:
        monkeypatch.setenv("SUDO_UID", str(owner + 1))
        with pytest.raises(UsageError, match="belongs to another user"):
            config.root_of(above / "ours")
