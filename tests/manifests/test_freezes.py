"""The sync windows in delivery/argocd are the freezes of promote.yaml."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from promote.promotion import windows
from promote.promotion.windows import Windows
from promote.repository import config
from promote.repository.tree import Tree
from promote.repository.workspace import Tip
from promote.system import clock
from tests.manifests.render import REPOSITORY

PROJECT = "delivery/argocd/appproject.yaml"
GATES = """, gates: {freeze: [
    {start: Friday 16:00, end: Monday 06:00, timezone: Europe/Zurich, reason: weekend},
    {start: 2026-12-20 18:00, end: 2027-01-04 06:00, timezone: Europe/Zurich, reason: end of the year}]}}"""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for folder in ("delivery", "overlays"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    shutil.copy(REPOSITORY / "promote.yaml", tmp_path)
    return tmp_path


def found(root: Path) -> Windows:
    tree = Tree(root, config.load(root), root, root)
    return windows.propose(Tip("", "the checkout"), tree, PROJECT, {}, clock.now())


def test_the_project_has_the_freezes_of_promote_yaml(copied: Path) -> None:
    assert found(copied).files == {}, f"run `promote windows {PROJECT} --write`"


def test_a_freeze_holds_back_the_application_of_its_environment_only(copied: Path) -> None:
    file = copied / "promote.yaml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("overlays/production}", f"overlays/production{GATES}"), encoding="utf-8")
    data = found(copied).files[PROJECT]
    assert data
    spec, now = (yaml.safe_load(each)["spec"] for each in (data, (copied / PROJECT).read_bytes()))
    made = spec.pop("syncWindows")
    now.pop("syncWindows", None)
    assert spec == now
    assert [one["applications"] for one in made] == [["mediq-production"]] * len(made)
    assert "0 16 * * 5" in [one["schedule"] for one in made]
