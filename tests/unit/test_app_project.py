"""Sync windows in the file of an AppProject: spliced in, renewed and taken out, next to those of others."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from promote.errors import EditRefused, UsageError
from promote.windows import app_project
from promote.windows.sync_windows import SyncWindow

WEEKEND = app_project.entry(SyncWindow("0 16 * * 5", "62h", "Europe/Zurich", "weekend"), ["shop-production"])
HOLIDAYS = app_project.entry(SyncWindow("0 17 20 12 *", "348h", "UTC", 'a "long" one: #1'), ["a", "b"])
HEAD = "# The project.\napiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: shop}\nspec:\n"
OTHER = "kind: allow\n{0}schedule: 0 1 * * *  # nightly\n{0}duration: 1h\n{0}applications: ['*']\n"
NEITHER = "---\n# Not a project.\napiVersion: v1\nkind: ConfigMap\n"
PLAIN = f"{HEAD}  sourceRepos: ['*']  # all\n  # The end.\n"
OWN = f"""\
{HEAD}  syncWindows:
    # Ours first.
    - {OTHER.format(" " * 6)}    # And this one.
    - {OTHER.format(" " * 6)}  sourceRepos: ['*']
"""
FLUSH = f"{HEAD}  syncWindows:\n  - {OTHER.format('    ')}  sourceRepos: ['*']\n"
FILES = {"plain": PLAIN, "among others": OWN, "flush": FLUSH, "empty": f"{HEAD}  syncWindows: []\n  a: 1\n"}


def windows(data: bytes) -> list[dict[str, Any]]:
    (project,) = (one for one in yaml.safe_load_all(data) if one["kind"] == "AppProject")
    found: list[dict[str, Any]] = project["spec"].get("syncWindows", [])
    return found


@pytest.mark.parametrize(
    ("text", "end", "around"), list(product(FILES.values(), ["\n", "\r\n"], [("", ""), (NEITHER + "---\n", NEITHER)]))
)
def test_windows_come_change_and_go(text: str, end: str, around: tuple[str, str]) -> None:
    data = text.join(around).replace("\n", end).encode()
    others = windows(data)
    one = app_project.with_windows(data, [WEEKEND], "p.yaml")
    assert windows(one) == [*others, WEEKEND]
    two = app_project.with_windows(one, [HOLIDAYS, WEEKEND], "p.yaml")
    assert windows(two) == [*others, HOLIDAYS, WEEKEND]
    assert app_project.with_windows(two, [HOLIDAYS, WEEKEND], "p.yaml") is two
    assert app_project.with_windows(two, [WEEKEND], "p.yaml") == one
    assert b"\r" in two if end == "\r\n" else b"\r" not in two
    gone = app_project.with_windows(two, [], "p.yaml")
    # An empty list goes with its key: it says the same.
    assert gone == data.replace(f"  syncWindows: []{end}".encode(), b"")
    assert app_project.with_windows(gone, [], "p.yaml") is gone


def test_a_window_looks_like_the_rest_of_a_manifest() -> None:
    assert app_project.with_windows(PLAIN.encode(), [WEEKEND], "p").decode() == PLAIN.replace("  # The end.\n", """\
  syncWindows:
    - kind: deny
      schedule: "0 16 * * 5"
      duration: 62h
      timeZone: Europe/Zurich
      applications: [shop-production]
      manualSync: true
      syncOverrun: true
      description: "promote.yaml: weekend"
  # The end.
""")  # fmt: skip


@pytest.mark.parametrize(
    "last", ["  syncWindows: [{kind: allow}]\n", "  syncWindows: &all\n    - kind: allow\n  a: *all\n"]
)
def test_what_cannot_be_spliced_is_refused_or_left_whole(last: str) -> None:
    try:
        data = app_project.with_windows((HEAD + last).encode(), [WEEKEND], "p.yaml")
    except EditRefused as error:
        assert "p.yaml: no edit was found that changes only `syncWindows`" in str(error)  # noqa: PT017
    else:
        assert windows(data)[-1] == WEEKEND


def test_a_file_has_one_project() -> None:
    assert app_project.project(PLAIN, "p.yaml") == "shop"
    assert app_project.has_project(PLAIN)
    assert not app_project.has_project(NEITHER)
    for text, said in ((NEITHER, "p.yaml has no AppProject"), (f"{PLAIN}---\n{PLAIN}", "p.yaml has 2 AppProject")):
        with pytest.raises(UsageError, match=said):
            app_project.project(text, "p.yaml")


def test_applications_are_found_with_what_they_sync(tmp_path: Path) -> None:
    head = "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
    one = "metadata: {name: one}\nspec: {project: shop, source: {path: overlays/production/}}\n"
    two = "metadata: {name: two}\nspec: {project: shop, sources: [{chart: x}, {path: ./overlays/production}]}\n"
    other = "metadata: {name: other}\nspec: {project: other, source: {path: overlays/production}}\n"
    third = "metadata: {name: third}\nspec: {project: shop, source: {path: overlays/staging}}\n"
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps/all.yaml").write_text("---\n".join(head + each for each in (one, two, other, third)))
    (tmp_path / "broken.yml").write_text("argoproj.io/ Application: {")
    fourth = '{"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "NAME"},'
    fourth += '"spec": {"project": "shop", "source": {"path": "overlays/qa"}}}'
    for name in ("fourth.json", "fifth.YAML"):
        (tmp_path / name).write_text(fourth.replace("NAME", name))
    every = app_project.applications(tmp_path)
    found = {one.name: (one.project, [each.path for each in one.sources]) for one in every}
    assert found == {
        "one": ("shop", ["overlays/production/"]),
        "two": ("shop", ["./overlays/production"]),
        "other": ("other", ["overlays/production"]),
        "third": ("shop", ["overlays/staging"]),
        "fourth.json": ("shop", ["overlays/qa"]),
        "fifth.YAML": ("shop", ["overlays/qa"]),
    }
