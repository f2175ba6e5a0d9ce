"""One cluster for the whole session, with both environments in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.cluster import Cluster, leave_on_signals, new_folder
from tests.e2e.environments import Environment, prepare, roll_out
from tests.manifests.render import ENVIRONMENTS

FOLDER = pytest.StashKey[Path]()
MEASURED = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def cluster(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A control plane that is ready; its logs stay when anything failed."""
    leave_on_signals()
    folder = new_folder()
    pytestconfig.stash[FOLDER] = folder
    with Cluster(folder) as started:
        yield started
        if request.session.testsfailed:
            started.keep()
    shutil.rmtree(folder / "etcd" if request.session.testsfailed else folder)


@pytest.fixture(scope="session")
def environments(cluster: Cluster) -> dict[str, Environment]:
    """Both environments, rolled out."""
    prepared = prepare(cluster, ENVIRONMENTS)
    roll_out(*prepared)
    return {each.name: each for each in prepared}


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest, environments: dict[str, Environment]) -> Environment:
    """Each environment in turn."""
    return environments[request.param]


@pytest.fixture
def report(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Takes a sentence about how long something took; the run ends with all of them."""
    return pytestconfig.stash.setdefault(MEASURED, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if measured := config.stash.get(MEASURED, []):
        terminalreporter.write_sep("=", "measured")
        for each in measured:
            terminalreporter.write_line(each)
    folder = config.stash.get(FOLDER, None)
    if folder is not None and folder.exists():
        terminalreporter.write_sep("=", f"logs of the cluster: {folder}", red=True)
