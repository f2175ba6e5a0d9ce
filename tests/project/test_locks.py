"""Setup after everything has moved on since the locks were made: the index has a newer version of each package."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.pythons import by_bundled_pip
from tests.integration.setting_up import copy_checkout, pretend_done, run
from tests.project.fake_index import BACKEND, Index

PROJECT = """
[build-system]
requires = ["hatchling==1.0"]
build-backend = "hatchling.build"
[project]
name = "gitops-promote"
version = "0"
dependencies = ["runner"]
"""
# The shape of pytest-cov, coverage and tomli.
PINS = ("cover==1.0", "extra==1.0", "hatchling==1.0", "runner==1.0")
ANALYZER = "network-config-analyzer"


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """Two versions of everything; and of what nothing locked needs, and what is left out of the lock on purpose."""
    index = Index(tmp_path / "index")
    for version in ("1.0", "2.0"):
        index.add("cover", version, needs=['extra>=1.0; extra == "toml"'], extras=["toml"])
        index.add("runner", version, needs=["cover[toml]>=1.0"])
        for name in ("extra", "stranger", "lxml", "pyyaml"):
            index.add(name, version)
        index.add("hatchling", version, files={"hatchling/build.py": BACKEND})
        needs = ["pyyaml==2.0", "lxml==1.0", "cover[toml]"]
        index.add(ANALYZER, version, needs=needs, files={"nca/__init__.py": ""})
    return index


@pytest.fixture
def checkout(tmp_path: Path, index: Index) -> Path:
    """What setup reads, with locks of that index; what Go makes counts as done."""
    root = copy_checkout(tmp_path / "a checkout")
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "tools" / "requirements.txt").write_text(index.lock(*PINS))
    (root / "tools" / "nca" / "requirements.txt").write_text(
        index.lock("cover==1.0", "extra==1.0", f"{ANALYZER}==1.0")
    )
    pretend_done(root, lambda step: step.needs_go)
    return root


def packages(folder: Path) -> dict[str, str]:
    """The packages that a folder holds, except for those that come with an environment."""
    found = [path.name.removesuffix(".dist-info").split("-") for path in folder.glob("**/site-packages/*.dist-info")]
    found += [path.name.removesuffix(".dist-info").split("-") for path in folder.glob("*.dist-info")]
    return {name: version for name, version in found if name not in ("setuptools", "gitops_promote")}


@pytest.mark.parametrize("pip", ["oldest", "newest"])
def test_setup_installs_what_is_locked_and_nothing_newer(checkout: Path, index: Index, pip: str) -> None:
    """By the oldest and the newest pip that a Python here brings along; the one that is locked then does the rest."""
    pythons = by_bundled_pip()
    python = pythons[min(pythons) if pip == "oldest" else max(pythons)]
    locked_pip = index.add_running_pip()
    (checkout / "tools" / "requirements.txt").write_text(index.lock(*PINS, f"pip=={locked_pip}"))
    code, output = run(checkout, "test", index.settings, python)
    assert code == 0, output
    expected = dict.fromkeys(("cover", "extra", "hatchling", "runner"), "1.0") | {"pip": locked_pip}
    assert packages(checkout / ".venv") == expected
    analyzer = dict.fromkeys(("cover", "extra", ANALYZER.replace("-", "_")), "1.0")
    assert packages(checkout / ".tools" / "nca") == analyzer
    assert run(checkout, "test", index.settings, python) == (0, "setup: ready\n")


def test_a_lock_that_lacks_what_an_extra_needs_is_refused(checkout: Path, index: Index) -> None:
    (checkout / "tools" / "requirements.txt").write_text(index.lock("cover==1.0", "hatchling==1.0", "runner==1.0"))
    code, output = run(checkout, "promote", index.settings)
    assert (code, "cover needs extra>=1.0, which is not locked" in output) == (1, True)
    assert "could not find all that is needed in tools/requirements.txt" in output
    assert not (checkout / ".venv").exists()


def test_a_dependency_of_promote_that_is_not_locked_is_refused(checkout: Path, index: Index) -> None:
    (checkout / "pyproject.toml").write_text(PROJECT.replace('"runner"', '"runner", "stranger>=1"'))
    code, output = run(checkout, "promote", index.settings)
    assert (code, "promote needs stranger>=1, which is not locked" in output) == (1, True)
    assert not (checkout / ".venv" / "promote.stamp").exists()


def test_nothing_is_built_from_source(checkout: Path, index: Index, tmp_path: Path) -> None:
    index.add_source("sourced", "1.0", f"open({str(tmp_path / 'built')!r}, 'w')")
    (checkout / "tools" / "requirements.txt").write_text(index.lock(*PINS, "sourced==1.0"))
    code, output = run(checkout, "promote", index.settings)
    assert (code, "No matching distribution found for sourced==1.0" in output) == (1, True)
    assert not (tmp_path / "built").exists()
