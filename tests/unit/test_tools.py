from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from promote.errors import ToolError
from promote.system import tools


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder of tools, with the system's own shell behind it."""
    monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PROMOTE_TOOLS", str(tmp_path / "tools"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    (tmp_path / "tools").mkdir()
    (tmp_path / "path").mkdir()
    tools.find.cache_clear()
    yield tmp_path / "tools"
    tools.find.cache_clear()


def program(file: Path, script: str) -> Path:
    # Promote starts its tools without a PATH.
    file.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    file.chmod(0o755)
    return file


def test_our_own_come_before_those_on_the_path(folder: Path) -> None:
    program(folder.parent / "path" / "kustomize", "echo v5.8.1")
    assert tools.find("kustomize") == folder.parent / "path" / "kustomize"
    tools.find.cache_clear()
    own = program(folder / "kustomize", "echo v5.8.1")
    assert tools.find("kustomize") == own


def test_the_version_is_asked_once_for_a_program(folder: Path) -> None:
    own = program(folder / "conftest", f"echo asked >> {folder}/log; echo Conftest: 0.69.0")
    for _ in range(3):
        assert tools.find("conftest") == own
        tools.find.cache_clear()
    assert (folder / "log").read_text() == "asked\n"
    program(own, f"echo again >> {folder}/log; echo Conftest: 0.69.0 # another size")
    tools.find("conftest")
    assert (folder / "log").read_text() == "asked\nagain\n"


@pytest.mark.parametrize(
    ("script", "said"), [("echo v0.6.7", "v0.6.7"), ("exit 1", "nothing"), ("echo v0.7.0-dirty >&2", "v0.7.0-dirty")]
)
def test_another_version_is_refused(folder: Path, script: str, said: str) -> None:
    own = program(folder / "kubeconform", script)
    with pytest.raises(ToolError) as refusal:
        tools.find("kubeconform")
    assert str(refusal.value).startswith(f"{own} is not kubeconform 0.7.0 (it reports: {said}): unset PROMOTE_TOOLS")


def test_a_program_that_fills_the_memory_is_told_from_one_that_fails(folder: Path) -> None:
    version, said = "case $1 in --version) echo Conftest: 0.69.0; exit;; esac; echo", ">&2; exit 2"
    program(folder / "conftest", f"{version} 'fatal error: runtime: out of memory' {said}")
    with pytest.raises(ToolError, match=r"^conftest needs more than 440 MiB .*: check fewer targets at once, or"):
        tools.run("conftest", "test")
    program(folder / "conftest", f"{version} 'SIGSEGV: segmentation violation\nPC=0x1\n\ngs     0x0' {said}")
    tools.find.cache_clear()
    with pytest.raises(ToolError, match=r"^conftest crashed \(SIGSEGV: segmentation violation\), probably .*440 MiB"):
        tools.run("conftest", "test")
    program(folder / "conftest", f"{version} 'no such file' {said}")
    tools.find.cache_clear()
    assert tools.run("conftest", "test").error == "no such file"


def test_a_missing_program_is_named_with_the_version_and_the_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ToolError, match=r"kustomize 5\.8\.1 is not installed: run `make setup`, or put it on PATH"):
        tools.find("kustomize")
    # Installed, there is no Makefile to run.
    monkeypatch.setattr(tools, "_PACKAGE", folder / "site-packages" / "promote")
    with pytest.raises(ToolError, match=r"kustomize 5\.8\.1 is not installed: install the package gitops-promote"):
        tools.find("kustomize")


def test_garbage_is_collected_less_often_unless_the_user_says_how_often(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(folder / "kustomize", 'echo "v5.8.1 GOGC=$GOGC limit=$GOMEMLIMIT data=$XDG_DATA_HOME in $(pwd)"')
    monkeypatch.delenv("GOGC", raising=False)
    monkeypatch.delenv("GOMEMLIMIT", raising=False)
    assert (
        tools.run("kustomize", "x", cwd=folder).text
        == f"v5.8.1 GOGC=400 limit=200MiB data=/nonexistent in {folder}\n"
    )
    monkeypatch.setenv("GOGC", "50")
    assert "GOGC=50 limit=200MiB data=/nonexistent " in tools.run("kustomize").text


def test_the_pinned_versions_are_those_that_setup_builds() -> None:
    for module, versions in (("promote-tools", tools.VERSIONS), ("helm-tools", tools.HELM)):
        pins = (Path(__file__).resolve().parents[2] / "tools" / module / "go.mod").read_text()
        for version in versions.values():
            assert f" v{version}\n" in pins.replace(" // indirect", "")


def test_helm_is_asked_for_where_it_is_built_on_demand(folder: Path) -> None:
    with pytest.raises(ToolError, match=r"helm 4\.3\.2 is not installed: run `make helm`, or put it on PATH"):
        tools.find("helm")
    own = program(folder / "helm", "echo v4.3.2+g0123456")  # as a release says it
    assert tools.find("helm") == own


@pytest.mark.parametrize(
    ("group", "limit", "processors"),
    [
        ("0::/a\n", "150000 100000\n", 2),
        ("4:memory:/x\n0::/a\n", "20000 100000\n", 2),
        ("0::/a\n", "300000 100000\n", 3),
        ("0::/a\n", "900000 100000\n", 4),
        ("0::/a\n", "max 100000\n", None),
        ("4:memory:/x\n", "300000 100000\n", None),
    ],
)
def test_programs_use_the_processors_of_their_control_group(
    group: str, limit: str, processors: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"/proc/self/cgroup": group, "/sys/fs/cgroup/a/cpu.max": limit}
    monkeypatch.setattr(Path, "read_text", lambda path, **_: files[str(path)])
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {1, 2, 3, 4}, raising=False)
    assert tools._processors.__wrapped__() == processors
