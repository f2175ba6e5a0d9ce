"""The kernel keeps programs to what they were given; each wall is broken on purpose by leaving it out."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from promote.errors import ToolError
from promote.system import landlock, process, scratch, tools
from promote.system.landlock import Access
from promote.system.process import Exactly

CAT, SHELL = (Path(str(shutil.which(name, path=os.defpath))).resolve() for name in ("cat", "bash"))
WITHOUT_RESTRICTOR = ("build", "--load-restrictor", "LoadRestrictionsNone")

pytestmark = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    return monkeypatch


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.txt").write_text("canary")
    return tmp_path / "outside/secret.txt"


def run(access: Access, *command: str | Path) -> process.Completed:
    return process.run(command, exactly=Exactly({"PATH": "/nonexistent"}, access=access))


@pytest.fixture
def built(tmp_path: Path, outside: Path) -> tuple[Path, list[Path]]:
    """A kustomization that names the file outside, and what promote would let kustomize read."""
    folder = tmp_path / "overlay"
    folder.mkdir()
    file = folder / "kustomization.yaml"
    file.write_text(f"configMapGenerator: [{{name: x, files: [{outside}]}}]\n")
    return folder, [file]


def test_kustomize_reads_only_what_it_was_given(built: tuple[Path, list[Path]]) -> None:
    folder, reads = built
    done = tools.run("kustomize", *WITHOUT_RESTRICTOR, folder, reads=reads)
    assert done.code == 1
    assert "secret.txt: permission denied" in done.error


def test_without_landlock_kustomize_reads_it(built: tuple[Path, list[Path]], without: pytest.MonkeyPatch) -> None:
    folder, reads = built
    assert "canary" in tools.run("kustomize", *WITHOUT_RESTRICTOR, folder, reads=reads).text


def test_kustomize_reads_a_file_that_it_was_given(built: tuple[Path, list[Path]], outside: Path) -> None:
    folder, reads = built
    assert "canary" in tools.run("kustomize", *WITHOUT_RESTRICTOR, folder, reads=[*reads, outside]).text


def test_kustomize_writes_only_into_its_folder_for_temporary_files(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("commonAnnotations: {a: b}\n")
    done = tools.run("kustomize", "build", tmp_path, "-o", tmp_path / "made.yaml", reads=[tmp_path])
    assert (done.code, (tmp_path / "made.yaml").exists()) == (1, False)
    inside = scratch.for_programs() / "made.yaml"
    assert tools.run("kustomize", "build", tmp_path, "-o", inside, reads=[tmp_path]).code == 0
    inside.unlink()


def test_a_program_starts_only_what_it_was_given() -> None:
    script = (str(SHELL), "-c", f"exec {CAT} /dev/null")
    assert run(Access([], [SHELL]), *script).code == 126
    assert run(Access([], [SHELL, CAT]), *script).code == 0


def test_a_link_is_read_where_it_leads(outside: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(outside)
    assert run(Access([tmp_path / "link"], [CAT]), CAT, outside).text == "canary"
    assert run(Access([tmp_path / "gone"], [CAT]), CAT, outside).code == 1


def test_a_program_sees_no_environment_of_its_parent() -> None:
    """Where there can be no namespace of users, only this keeps a program from the tokens of promote."""
    assert run(Access([], [CAT]), CAT, f"/proc/{os.getpid()}/environ").code == 1


@pytest.mark.skipif(landlock.version() < 4, reason="this kernel does not restrict TCP")
def test_a_program_has_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        script = f"exec 3<>/dev/tcp/127.0.0.1/{server.getsockname()[1]}"
        assert "Permission denied" in run(Access([], [SHELL]), SHELL, "-c", script).error
        with pytest.raises(BlockingIOError):
            server.accept()
        monkeypatch.setattr(landlock, "version", lambda: 0)
        assert run(Access([], [SHELL]), SHELL, "-c", script).code == 0


def test_promote_itself_is_not_restricted(outside: Path) -> None:
    run(Access([], [CAT]), CAT, outside)
    assert outside.read_text() == "canary"
    outside.write_text("changed")


def test_what_fails_in_the_thread_fails_here() -> None:
    with pytest.raises(ToolError, match="cannot start"):
        run(Access([], []), "/nonexistent/program")


def test_a_script_in_place_of_a_program_is_not_restricted(tmp_path: Path) -> None:
    script = tmp_path / "kustomize"
    script.write_text("#!/bin/sh\n")
    assert tools._access(script, [], []) is None
    assert tools._access(CAT, [], [script]) is None
    assert tools._access(CAT, [], []) is not None
