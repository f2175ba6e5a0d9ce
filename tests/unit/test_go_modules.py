from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.setting_up import copy_checkout
from tools.setup import go, groups, work

# Plays Go: adds a line to go.sum as `go mod download` does, and prints what it has downloaded.
FAKE_GO = """#!/bin/sh
case "$1" in
  version) echo go version go1.26.8 linux/amd64; exit ;;
  env) [ "$2" = CC ] && echo "$CC" || echo "$GOFLAGS"; exit ;;
esac
echo "example.org/module v1.0.0 h1:other=" >> go.sum
echo '{"Path": "example.org/module", "Version": "v1.0.0", "Sum": "h1:sum=", "Dir": "/cache/module"}'
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> work.Workplace:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "go").write_text(FAKE_GO)
    (tmp_path / "bin" / "go").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    (tmp_path / "tools" / "crds").mkdir(parents=True)
    (tmp_path / "tools" / "crds" / "go.mod").write_text("module crds\n")
    (tmp_path / ".tools").mkdir()
    return work.Workplace(tmp_path, 0)


def test_a_module_with_a_known_sum_is_used(checkout: work.Workplace) -> None:
    sums = checkout.root / "tools" / "crds" / "go.sum"
    sums.write_text("example.org/module v1.0.0 h1:sum=\n")
    found = go.download_modules(checkout, "crds", ["example.org/module"])
    assert found == {"example.org/module": Path("/cache/module")}
    assert sums.read_text() == "example.org/module v1.0.0 h1:sum=\n"


@pytest.mark.parametrize("known", ["", "example.org/module v1.0.0 h1:other=\n"])
def test_a_module_without_its_sum_is_refused_again_and_again(checkout: work.Workplace, known: str) -> None:
    sums = checkout.root / "tools" / "crds" / "go.sum"
    sums.write_text(known)
    for _ in range(2):
        with pytest.raises(work.SetupFailed, match=r"tools/crds/go\.sum does not know example\.org/module v1\.0\.0"):
            go.download_modules(checkout, "crds", ["example.org/module"])
    assert sums.read_text() == known
    assert list(checkout.tools.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "kept"),
    [
        ("", "-mod=readonly"),
        ("-mod=mod\n", "-mod=readonly"),
        ("--mod=vendor -modcacherw", "-modcacherw -mod=readonly"),
        ("-modfile=other.mod -overlay=other.json -buildvcs=false", "-buildvcs=false -mod=readonly"),
    ],
)
def test_no_flag_of_the_environment_unlocks_a_module(flags: str, kept: str) -> None:
    assert go.locked_flags(flags) == kept


def test_a_module_with_c_needs_a_compiler(checkout: work.Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "sh -with -options")
    go.require_c_compiler(checkout, module="crds", reason="it is")
    monkeypatch.setenv("CC", "no-such-compiler -O2")
    with pytest.raises(
        work.SetupFailed, match=r"tools/crds: it has C in it, .* 'no-such-compiler -O2' .*\n\nInstall"
    ):
        go.require_c_compiler(checkout, module="crds", reason="it has C in it")


@pytest.mark.parametrize("group", ["kubeseal", "kube-score", "trivy", "promote"])
def test_go_is_installed_by_the_pip_of_the_environment_where_there_is_none(
    group: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = copy_checkout(tmp_path / "checkout")
    step = groups.steps(root, group)[-1]
    monkeypatch.setattr(go, "installed_go", lambda: Path("/go"))
    assert groups.before(root, step) == []
    monkeypatch.setattr(go, "installed_go", lambda: None)
    stamps = [each.stamp for each in groups.before(root, step)]
    assert stamps == [root / ".venv" / "packages.stamp", root / ".tools" / "go" / "go.stamp"]
    assert groups.before(root, groups.steps(root, "promote")[0]) == []
