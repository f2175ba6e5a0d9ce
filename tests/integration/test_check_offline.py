"""No check needs a network, and the second one does not need the package that the schemas come from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from promote.checks import schemas
from promote.errors import ConfigError
from tests.integration.checking import ROOT, TOOLS, Repository, surroundings

BROKEN_PROXY = dict.fromkeys(
    ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:1"
)


@pytest.fixture
def small(tmp_path: Path) -> Repository:
    repository = Repository.small(tmp_path / "small")
    repository.keep_policies("documents", "namespaces")
    return repository


def command(
    repository: Repository, *prefix: str, package: Path | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """`promote check` as a process of its own, with a cache of its own."""
    paths = [str(path) for path in (package, ROOT) if path]
    given: Mapping[str, str] = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(paths),
        "PROMOTE_CACHE": str(repository.folder / ".cache"),
        "PROMOTE_TOOLS": str(TOOLS),
        **(environment or {}),
    }
    return subprocess.run(
        [*prefix, sys.executable, "-m", "promote", "check"],
        cwd=repository.folder, env=dict(given), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_with_a_proxy_that_answers_nothing(small: Repository) -> None:
    done = command(small, environment=BROKEN_PROXY)
    assert (done.returncode, done.stderr) == (0, "")
    assert "5 documents rendered, 5 validated, 5 evaluated" in done.stdout
    made = {path.name for path in (small.folder / ".cache" / "schemas").glob("*/*")}
    assert made == {"1.35", "1.36", "1.37"}


def test_in_a_network_of_its_own_that_leads_nowhere(small: Repository) -> None:
    isolate = ("unshare", "--net")
    if not shutil.which("unshare") or subprocess.run([*isolate, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not unshare the network")
    assert command(small, *isolate).returncode == 0


@pytest.mark.thorough
def test_the_second_check_does_without_the_package(small: Repository, tmp_path: Path) -> None:
    """A copy of the package loses its schemas between two checks."""
    package = tmp_path / "packages" / "kubernetes_validate"
    package.mkdir(parents=True)
    source = schemas._package()
    for name in ("__init__.py", "version.py"):
        shutil.copy2(source / name, package / name)
    for version in ("1.35", "1.36", "1.37"):
        folder = f"kubernetes-json-schema/v{version}.0-local-strict"
        shutil.copytree(source / folder, package / folder)
    first = command(small, package=package.parent)
    assert (first.returncode, first.stderr) == (0, "")
    shutil.rmtree(package / "kubernetes-json-schema")
    second = command(small, package=package.parent)
    assert (second.returncode, second.stdout) == (0, first.stdout)


def test_without_the_package_the_first_check_says_what_is_missing(small: Repository, tmp_path: Path) -> None:
    package = tmp_path / "packages" / "kubernetes_validate"
    package.mkdir(parents=True)
    for name in ("__init__.py", "version.py"):
        (package / name).touch()
    done = command(small, package=package.parent)
    assert done.returncode == 2
    assert "there are no schemas of Kubernetes 1.3" in done.stderr


@pytest.mark.quick
def test_a_version_that_nobody_has(small: Repository) -> None:
    small.append("promote.yaml", 'kubernetes: ["1.99"]\n')
    with pytest.raises(ConfigError, match=r"no schemas of Kubernetes 1\.99: correct `kubernetes:`"):
        small.check()


def test_every_version_is_asked_and_named(small: Repository) -> None:
    """1.35 knows no such kind: only its verdict may differ."""
    (kind,) = {"podcertificaterequest-certificates-v1beta1.json"}
    folders = [schemas._source(version) for version in ("1.34", "1.35")]
    assert [(folder / kind).exists() for folder in folders] == [False, True]
    small.append("promote.yaml", 'kubernetes: ["1.34", "1.35"]\n')
    small.write("m/a.yaml", "apiVersion: certificates.k8s.io/v1beta1\nkind: PodCertificateRequest\n"
                "metadata: {name: a, namespace: a}\nspec: {}\n")  # fmt: skip
    (finding,) = small.check("m").of("schema.missing")
    assert finding["message"].endswith("(Kubernetes 1.34)")


@pytest.mark.quick
def test_a_cache_that_cannot_be_written(small: Repository) -> None:
    small.write("cache/schemas", "a file where the folder belongs")
    with pytest.raises(ConfigError, match="set PROMOTE_CACHE to a folder that can be written"):
        small.check(PROMOTE_CACHE=str(small.folder / "cache"))


@pytest.mark.thorough
def test_the_yardstick_does_the_same_work(tmp_path: Path) -> None:
    repository = Repository.of_overlays(tmp_path / "overlays")
    cache = str(tmp_path / "cache")
    assert repository.check(PROMOTE_CACHE=cache).code == 0
    with surroundings(repository.folder, PROMOTE_CACHE=cache):
        folder = Path(schemas.location("1.36", ())).parent.parent
    script, targets = str(ROOT / "tools" / "raw_check.sh"), ["overlays/staging", "overlays/production"]
    raw = [script, str(TOOLS), str(folder), "1.35 1.36 1.37", *targets]
    env = dict(os.environ, CUSTOM_SCHEMAS=f"{ROOT}/.tools/schemas:{ROOT}/tools/schemas")
    assert subprocess.run(raw, cwd=repository.folder, env=env, check=False).returncode == 0
    repository.edit("overlays/staging/kustomization.yaml", "namespace: mediq-staging", "namespace: default")
    assert subprocess.run(raw, cwd=repository.folder, env=env, check=False).returncode == 1


def test_a_configuration_of_conftest_for_people_changes_nothing(small: Repository) -> None:
    small.write("conftest.toml", 'parser = "ini"\nupdate = ["https://127.0.0.1:1/rules"]\nno-fail = true\n')
    small.edit("kustomization.yaml", "namespace: shop", "namespace: default")
    found = small.check(CONFTEST_FAIL_ON_WARN="1", CONFTEST_NAMESPACE="nothing")
    assert "namespaces.explicit" in found.rules
