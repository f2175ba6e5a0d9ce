"""What is installed from the wheel checks manifests in a repository that has neither rules nor tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.integration.checking import ENVIRONMENT, ROOT

pytestmark = pytest.mark.quick

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  hostPID: true
  containers:
    - name: web
      image: quay.io/bitnami/web:1.2.3
"""
# tests/policies/test_metadata.py holds that the general rules need no other.
TABLES = {"policies/data/cluster.yaml", "policies/data/retired_images.yaml"}
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sdist and wheel; the wheel is built from the sdist, as `python -m build` does."""
    folder = tmp_path_factory.mktemp("built")
    hatchling(ROOT, "-t", "sdist", "-d", str(folder))
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder / "source", filter="data")
    (source,) = (folder / "source").iterdir()
    hatchling(source, "-t", "wheel", "-d", str(folder))
    return folder


def hatchling(folder: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", *arguments], cwd=folder, check=True, capture_output=True
    )


@pytest.fixture(scope="module")
def python(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment with that wheel; of ours it sees what promote depends on, not promote."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(home)}))
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(packages)  # noqa: S202 we have built it
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return home / "bin" / "python"


def promote(python: Path, folder: Path, *arguments: str) -> tuple[int, Any]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PROMOTE_", "PYTHON"))}
    done = subprocess.run(
        [python, "-m", "promote", *arguments, "--output", "json"],
        cwd=folder, capture_output=True, check=False,
        env=environment | ENVIRONMENT,
    )  # fmt: skip
    assert done.stdout, done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("config", ["", "environments: {live: {path: m}}\n"], ids=["nothing", "promote.yaml"])
def test_the_rules_of_the_package_judge_a_folder(python: Path, tmp_path: Path, config: str) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "all.yaml").write_text(f"{POD}--- # next\n{MAP}")
    if config:
        (tmp_path / "promote.yaml").write_text(config)
    code, found = promote(python, tmp_path, "check", "m")
    (target,) = found["targets"]
    assert (code, target["documents"], target["evaluated"], target["validated"]) == (3, 2, 2, 2)
    denied = {one["rule"]: one["source"] for one in found["findings"]}
    assert denied["workloads.host_namespaces"] == {"file": "m/all.yaml", "line": 5}
    assert {"images.retired", "workloads.run_as_non_root", "network.default_deny"} <= set(denied)
    assert {rule for rule in denied if rule.startswith(("main.", "check.", "schema."))} == set()


@pytest.mark.slow
def test_what_is_right_passes(python: Path, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MAP)
    code, found = promote(python, tmp_path, "check", "a.yaml")
    assert (code, found["findings"], found["targets"][0]["validated"]) == (0, [], 1)


@pytest.mark.slow
def test_rules_that_need_a_systems_own_tables_say_so(python: Path, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MAP)
    code, found = promote(python, tmp_path, "check", "a.yaml", "--profile", "system")
    assert (code, {one["rule"] for one in found["findings"]}) == (3, {"main.tables"})


@pytest.mark.slow
def test_the_rules_of_the_package_are_those_of_the_checkout(python: Path, tmp_path: Path) -> None:
    _, packaged = promote(python, tmp_path, "policies")
    _, ours = promote(Path(sys.executable), ROOT, "policies")
    assert [one["id"] for one in packaged["rules"]] == [one["id"] for one in ours["rules"]]
    assert all("site-packages/promote/policies/" in one["file"] for one in packaged["rules"] if one["file"])


def test_the_wheel_holds_rules_and_the_tables_that_hold_for_anyone(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        held = {name.removeprefix("promote/") for name in wheel.namelist() if name.startswith("promote/policies/")}
    files = [path for path in (ROOT / "policies").rglob("*.rego") if not path.name.endswith("_test.rego")]
    assert held == {path.relative_to(ROOT).as_posix() for path in files} | TABLES
