"""One installation for each file of tests that Flux syncs, which ends with the last of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence

import pytest

from tests.e2e.cluster import Cluster, leave_on_signals, new_folder
from tests.e2e.flux.controllers import Flux
from tests.e2e.gitea import GiteaHost
from tests.e2e.loop import publish
from tests.e2e.system import System
from tests.manifests.render import ENVIRONMENTS


@pytest.fixture(scope="module")
def delivered() -> Sequence[str]:
    """The environments that Flux installs."""
    return ENVIRONMENTS


@pytest.fixture(scope="module")
def system(request: pytest.FixtureRequest, delivered: Sequence[str]) -> Iterator[System[Flux]]:
    """What is delivered, installed by Flux in an empty cluster.

    Then staging is suspended: it would only take processor time.
    """
    leave_on_signals()
    folder = new_folder()
    failed = request.session.testsfailed
    with Cluster(folder / "cluster") as cluster, GiteaHost(folder / "gitea") as host:
        repository = publish(cluster, host, folder / "repository", "mediq")
        with Flux(cluster) as engine:
            engine.install(repository, delivered)
            engine.add_webhook(repository)
            installed = System(cluster, repository, engine)
            installed.wait_until_installed(delivered, seconds=300)
            if "staging" in delivered:
                for each in engine.tiers("staging").values():
                    cluster.api.merge(each, {"spec": {"suspend": True}})
            yield installed
            if request.session.testsfailed > failed:
                cluster.keep()
    if request.session.testsfailed == failed:
        shutil.rmtree(folder)
