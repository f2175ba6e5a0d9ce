"""One cluster for the whole session, with both environments in it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.e2e.cluster import Cluster, leave_on_signals, new_folder, runs
from tests.e2e.environments import Environment, prepare, roll_out
from tests.manifests.render import ENVIRONMENTS

MEASURED = "measured"
STARTED = time.monotonic()
# Each has an installation of its own. All of Flux in one would take longest: in every release, its tiers wait for one
# another.
ENGINES = ("tests/e2e/argocd/", "tests/e2e/flux/test_delivery.py", "tests/e2e/flux/test_faults.py")
# These need a control plane, if anything. All others outside of the folders need both environments in it.
EMPTY = tuple(
    f"tests/e2e/test_{name}.py" for name in ("cluster", "gitea", "live", "pod_security", "strategies", "validation")
)
# With the same priority, these would end minutes before all others, so they leave the processors to those.
SHORTEST = (*EMPTY, "tests/e2e/flux/test_delivery.py")
NICENESS = 5


class _OneClusterEach(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps together the tests that share a cluster: with each sync engine, both environments, or nothing in it."""

    def _split_scope(self, nodeid: str) -> str:
        for engine in ENGINES:
            if nodeid.startswith(engine):
                return engine
        return "an empty cluster" if nodeid.startswith(EMPTY) else "both environments"


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    return _OneClusterEach(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give way to longer tests, and leave out the faults of the engines on a machine that is too slow for them.

    `.ci/run` says from when on.
    """
    if "PYTEST_XDIST_WORKER" in os.environ and item.nodeid.startswith(SHORTEST) and os.nice(0) < NICENESS:
        os.nice(NICENESS)
    minutes = os.environ.get("E2E_MINUTES")
    if minutes and item.path.name == "test_faults.py" and time.monotonic() - STARTED > 60 * float(minutes):
        pytest.skip(f"no fault is tried after {minutes} minutes (E2E_MINUTES): this machine is too slow")


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A control plane that is ready; its logs stay when anything failed."""
    leave_on_signals()
    folder = new_folder()
    with Cluster(folder, attention=2) as started:
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
def report(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Takes a sentence about how long something took; the run ends with all of them."""
    return partial(record_property, MEASURED)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.getreports(kind)]
    measured = [value for each in reports for name, value in each.user_properties if name == MEASURED]
    if measured:
        terminalreporter.write_sep("=", "measured")
        for sentence in measured:
            terminalreporter.write_line(str(sentence))
    if terminalreporter.getreports("failed") or terminalreporter.getreports("error"):
        terminalreporter.write_sep("=", f"the folders e2e-* in {runs()} have the logs", red=True)
