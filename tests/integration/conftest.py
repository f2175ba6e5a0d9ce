from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from promote.forge.protocol import Forge
from tests.integration import sandbox
from tests.integration.forge_server import ForgeServer
from tests.integration.forges import REPOSITORY, TOKEN, Kind, serving, watched
from tests.integration.sandbox import Sandbox, Shim
from tests.integration.tiny import ENVIRONMENT, Tiny


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return sandbox.environment(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def mediq_template(tmp_path_factory: pytest.TempPathFactory, surroundings: dict[str, str]) -> Path:
    folder = tmp_path_factory.mktemp("mediq")
    (folder / "clone").mkdir()
    sandbox.copy_repository(folder / "clone")
    sandbox.create(folder, surroundings)
    return folder


@pytest.fixture(scope="session")
def tiny_template(tmp_path_factory: pytest.TempPathFactory, surroundings: dict[str, str]) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    sandbox.write_tiny(folder / "clone")
    sandbox.create(folder, surroundings)
    return folder


@pytest.fixture
def mediq(mediq_template: Path, surroundings: dict[str, str], tmp_path: Path) -> Sandbox:
    """This repository: staging is two services ahead of production."""
    return sandbox.copy(mediq_template, tmp_path / "mediq", surroundings)


@pytest.fixture
def tiny(tiny_template: Path, surroundings: dict[str, str], tmp_path: Path) -> Sandbox:
    """Two small services, both ahead in staging: for tests that are not about the manifests."""
    return sandbox.copy(tiny_template, tmp_path / "tiny", surroundings)


@pytest.fixture(scope="session")
def clone_template(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny.make(tmp_path_factory.mktemp("clone"))


@pytest.fixture
def clone(clone_template: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """The smallest repository, as the current folder: for tests that run `promote` in their own process."""
    for name in [name for name in os.environ if name.startswith(("PROMOTE_", "GIT_"))]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    clone = clone_template.copy(tmp_path)
    monkeypatch.chdir(clone.root)
    return clone


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    """A `git` on PATH that counts, kills, or lets a rival act in between."""
    return sandbox.shim(tmp_path / "shim")


@pytest.fixture
def server(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> Iterator[ForgeServer]:
    """The double of a forge; the file of a test says of which `kind`."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = kind.server(REPOSITORY, TOKEN)
    with serving(server):
        yield server


@pytest.fixture
def pauses() -> list[float]:
    """The seconds that `forge` would have waited, one after the other."""
    return []


@pytest.fixture
def forge(
    kind: Kind,
    server: ForgeServer,
    pauses: list[float],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[Forge]:
    """The client of `server`."""
    forge = kind.connect(server, pauses, TOKEN)
    with watched(forge, caplog, capfd):
        yield forge
