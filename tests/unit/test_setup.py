from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.setup import definitions, go, packages, programs, work
from tools.setup.__main__ import main

ROOT = Path(__file__).resolve().parents[2]


def step(folder: Path, *, make: bool = True) -> work.Step:
    def run(_: work.Workplace) -> None:
        assert not (folder / "stamp").exists()
        if not make:
            raise work.SetupFailed("no network")
        (folder / "result").touch()

    return work.Step(
        does="make the result",
        first_time="no time",
        key="key",
        stamp=folder / "stamp",
        results=(folder / "result",),
        make=run,
    )


def test_a_step_is_done_once_it_was_performed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not step(tmp_path).done()
    step(tmp_path).perform(work.Workplace(tmp_path, 0))
    assert step(tmp_path).done()
    assert capsys.readouterr().out.startswith("make the result (no time the first time) … 0.")


def test_a_step_is_not_done_when_its_result_is_gone(tmp_path: Path) -> None:
    step(tmp_path).perform(work.Workplace(tmp_path, 0))
    (tmp_path / "result").unlink()
    assert not step(tmp_path).done()


@pytest.mark.parametrize("content", [b"another key", b"ke", b"", b"\xff"])
def test_a_step_is_not_done_under_another_stamp(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "result").touch()
    (tmp_path / "stamp").write_bytes(content)
    assert not step(tmp_path).done()


def test_a_step_that_fails_loses_its_old_stamp(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    step(tmp_path).perform(work.Workplace(tmp_path, 0))
    with pytest.raises(work.SetupFailed, match="no network"):
        step(tmp_path, make=False).perform(work.Workplace(tmp_path, 0))
    assert not step(tmp_path).done()
    assert capsys.readouterr().out.endswith("… failed\n")


def test_a_fingerprint_follows_contents_and_their_borders(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    file.write_text("one")
    first = work.fingerprint(file)
    assert work.fingerprint("one") == first
    file.write_text("two")
    assert work.fingerprint(file) != first
    assert work.fingerprint("ab", "c") != work.fingerprint("a", "bc")


def test_a_stopped_build_leaves_no_folder(tmp_path: Path) -> None:
    place = work.Workplace(tmp_path, 0)
    place.tools.mkdir()
    with pytest.raises(IsADirectoryError), place.building() as folder:
        folder.write_text("half")
    assert list(place.tools.iterdir()) == []


def test_a_folder_replaces_an_older_one(tmp_path: Path) -> None:
    for name in ("new", "target"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    work.replace_folder(tmp_path / "new", tmp_path / "target")
    assert [entry.name for entry in (tmp_path / "target").iterdir()] == ["new"]


def test_a_linked_environment_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".venv").symlink_to("elsewhere")
    with pytest.raises(work.SetupFailed, match="is a link"):
        packages.make_environment(work.Workplace(tmp_path, 0))
    assert (tmp_path / "elsewhere").is_dir()


def test_the_programs_are_those_of_the_tool_directives() -> None:
    built = {
        module: programs.programs((ROOT / "tools" / module / "go.mod").read_text())
        for module in ("promote-tools", "helm-tools", "test-tools", "prometheus-tools", "alertmanager-tools")
    }
    assert built == {
        "promote-tools": ["conftest", "kubeconform", "kustomize"],
        "helm-tools": ["helm"],
        "test-tools": ["opa", "regal", "actionlint"],
        "prometheus-tools": ["prometheus", "promtool"],
        "alertmanager-tools": ["amtool"],
    }
    for judge in ("kube-score", "trivy"):
        assert programs.programs((ROOT / "tools" / judge / "go.mod").read_text()) == [judge]
    assert programs.programs("tool example.org/a/prog/v3\n\nrequire example.org/a/prog/v3 v3.1.0\n") == ["prog"]


def test_the_linker_is_told_the_pinned_versions() -> None:
    go_mod = "require (\n\tgithub.com/yannh/kubeconform v0.9.1 // indirect\n\texample.org/other v1.0.0\n)\n"
    assert programs.linker_flags(go_mod) == "-s -w -X main.version=v0.9.1"
    regal = "require github.com/open-policy-agent/regal v0.39.0\n"
    assert programs.linker_flags(regal).endswith("/regal/pkg/version.Version=0.39.0")


def test_the_control_plane_is_built_under_the_names_that_it_is_known_by() -> None:
    built = {
        module: programs.installed(programs.programs((ROOT / "tools" / module / "go.mod").read_text()))
        for module in programs.E2E_MODULES
    }
    assert built == {
        "e2e/argocd": ["argocd"],
        "e2e/cluster": [
            *("sealed-secrets-controller", "kubeseal"),
            *("kustomize-controller", "notification-controller", "source-controller"),
            *("keda-adapter", "keda-operator"),
            *("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"),
            *("kwok", "metrics-server"),
        ],
        "e2e/etcd": ["etcd"],
        "e2e/gitea": ["gitea"],
    }


def test_gitea_and_prometheus_are_built_with_tags() -> None:
    go_mod = (ROOT / "tools" / "e2e" / "gitea" / "go.mod").read_text()
    assert programs.linker_flags(go_mod) == "-s -w -X main.Version=1.26.0"
    modules = [*programs.E2E_MODULES, "prometheus-tools", "promote-tools"]
    found = {module: programs.tags(module) for module in modules if programs.tags(module)}
    assert found == {
        "e2e/gitea": ["-tags=sqlite sqlite_unlock_notify"],
        "prometheus-tools": ["-tags=remove_all_sd enable_kubernetes_sd"],
    }


def test_kubernetes_is_told_its_version_in_parts() -> None:
    flags = programs.linker_flags("require k8s.io/kubernetes v1.36.3\n")
    parts = ("gitVersion=v1.36.3", "gitMajor=1", "gitMinor=36")
    assert flags.removeprefix("-s -w ") == " ".join(f"-X k8s.io/component-base/version.{each}" for each in parts)


def test_the_modules_of_kubernetes_have_its_version() -> None:
    go_mod = (ROOT / "tools" / "e2e" / "cluster" / "go.mod").read_text()
    version = go.requirements(go_mod)["k8s.io/kubernetes"]
    replacements = [line.split() for line in go_mod.splitlines() if line.startswith("\tk8s.io/") and "=>" in line]
    assert len(replacements) == 33
    expected = version.replace("v1.", "v0.")
    assert {(old == new, found) for old, _, new, found in replacements} == {(True, expected)}


CLUSTER = "e2e/cluster"


@pytest.mark.parametrize("change", programs.CHANGES[CLUSTER], ids=lambda change: change.source)
def test_a_controller_and_its_definitions_are_of_one_version(change: programs.Change) -> None:
    files = [ROOT / "tools" / each / "go.mod" for each in ("crds", CLUSTER)]
    assert len({go.requirements(file.read_text())[change.source] for file in files}) == 1


@pytest.fixture
def originals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The sources that are changed, read-only as those in Go's cache are, next to a checkout; by module."""
    found = {}
    for number, change in enumerate(programs.CHANGES[CLUSTER]):
        original = found[change.source] = tmp_path / f"cache-{number}"
        for name in [*change.texts, *change.cases, "pkg/scalers/kafka_scaler.go"]:
            file = original / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n".join(change.texts.get(name, ())) + SWITCH)
        (original / "go.mod").write_text("module original\n")
        for name in change.texts:
            (original / name).parent.chmod(0o555)
    ours = tmp_path / "tools" / CLUSTER
    ours.mkdir(parents=True)
    (ours / "go.mod").write_text("module tools\n")
    (ours / "go.sum").write_text("")
    monkeypatch.setattr(go, "download_modules", lambda *_: found)
    return found


SWITCH = """
\tcase "activemq":
\t\treturn one
\tcase "prometheus":
\t\treturn two
\tdefault:
"""


@pytest.mark.usefixtures("originals")
def test_programs_are_built_from_the_changed_sources(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    options = programs.changed_source(work.Workplace(tmp_path, 0), CLUSTER, folder)
    assert options == [f"-modfile={folder}/go.mod"]
    for number, change in enumerate(programs.CHANGES[CLUSTER]):
        source = folder / f"source-{number}"
        for name, texts in change.texts.items():
            assert (source / name).read_text() == "\n".join(texts.values()) + SWITCH
            ((source / name).parent / "new").touch()
        for name in change.cases:
            assert (source / name).read_text() == SWITCH.replace('\tcase "activemq":\n\t\treturn one\n', "")
        assert (source / "pkg/scalers/kafka_scaler.go").exists() == ("keda" not in change.source)
        assert f'replace {change.source} => "{source}"' in (folder / "go.mod").read_text()


@pytest.mark.parametrize("change", programs.CHANGES[CLUSTER], ids=lambda change: change.source)
def test_a_source_that_lacks_what_is_changed_is_refused(
    tmp_path: Path, originals: dict[str, Path], change: programs.Change
) -> None:
    for name in change.texts:
        (originals[change.source] / name).write_text("import ()\n")
    with pytest.raises(work.SetupFailed, match=rf"of {change.source} does not hold .* once"):
        programs.changed_source(work.Workplace(tmp_path, 0), CLUSTER, tmp_path)


def test_one_program_of_a_module_can_be_built_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def build(_: work.Workplace, *arguments: str, **__: object) -> None:
        asked.extend(arguments)
        folder = Path(arguments[arguments.index("-o") + 1])
        for package in arguments[arguments.index("-o") + 2 :]:
            (folder / package.rpartition("/")[2]).touch()

    monkeypatch.setattr(go, "run", build)
    module = tmp_path / "tools" / "prometheus-tools"
    module.mkdir(parents=True)
    (tmp_path / ".tools").mkdir()
    for name in ("go.mod", "go.sum"):
        (module / name).write_text((ROOT / "tools" / "prometheus-tools" / name).read_text())
    steps = [programs.programs_step(tmp_path, "prometheus-tools", "", only) for only in ("promtool", "prometheus")]
    steps[0].perform(work.Workplace(tmp_path, 0))
    assert asked[-1] == "github.com/prometheus/prometheus/cmd/promtool"
    assert [step.done() for step in steps] == [True, False]
    assert [file.name for file in (tmp_path / ".tools" / "bin").iterdir() if file.suffix != ".stamp"] == ["promtool"]


def test_other_modules_are_built_as_they_are(tmp_path: Path) -> None:
    assert programs.changed_source(work.Workplace(tmp_path, 0), "e2e/etcd", tmp_path) == []
    assert programs.changes("promote-tools") == []


def test_every_module_of_custom_resources_is_pinned_and_read() -> None:
    pinned = go.requirements((ROOT / "tools" / "crds" / "go.mod").read_text())
    assert pinned.keys() == definitions.CRD_FILES.keys() | definitions.OTHER_CRD_FILES.keys()


def test_output_is_shown_short_and_without_credentials() -> None:
    output = (
        "WARNING: Retrying (Retry(total=4, connect=None)) after …\n"
        "WARNING: Retrying (Retry(total=0, connect=None)) after …\n"
        "\n"
        "ERROR: no answer from http://user:hunter2@127.0.0.1/simple\n"
    )
    shown = work.excerpt(output).splitlines()
    assert len(shown) == 2
    assert shown[1] == "    ERROR: no answer from http://***@127.0.0.1/simple"
    assert work.excerpt("\n".join("abc"), lines=1) == "    c"


def test_modules_are_read_from_among_other_lines() -> None:
    text = 'go: downloading go1.27.3\n{\n\t"Path": "a",\n\t"Origin": {\n\t\t"VCS": "git"\n\t}\n}\n'
    text += '{\n\t"Path": "b"\n}\n'
    assert [module["Path"] for module in go.json_values(text)] == ["a", "b"]


@pytest.mark.parametrize(
    ("answer", "usable"),
    [
        ("echo go version go1.26.8 linux/amd64", True),
        ("echo go version go1.21.0 linux/amd64", True),
        ("echo go version devel go1.28-0123456789 linux/amd64", True),
        ("echo go version go1.20.14 linux/amd64", False),
        ("exit 1", False),
    ],
)
def test_a_go_is_used_when_it_fetches_toolchains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, usable: bool
) -> None:
    program = tmp_path / "go"
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert go.installed_go() == (program if usable else None)


def test_no_go_is_no_surprise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert go.installed_go() is None
    (tmp_path / "go").write_bytes(b"not a program")
    (tmp_path / "go").chmod(0o755)
    assert go.installed_go() is None


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    assert main(["promote"]) == 2
    assert "Python 3.11 or later is needed" in capsys.readouterr().err


def test_a_home_is_known_where_the_environment_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    assert Path(work.environment()["HOME"]).is_absolute()
