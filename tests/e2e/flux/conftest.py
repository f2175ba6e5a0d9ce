"""One installation for the tests of Flux that a process runs, which ends with the last of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.e2e.cluster import Cluster, leave_on_signals, new_folder
from tests.e2e.flux.controllers import Flux
from tests.e2e.gitea import GiteaHost
from tests.e2e.loop import publish
from tests.e2e.system import System


@pytest.fixture(scope="package")
def system(request: pytest.FixtureRequest) -> Iterator[System[Flux]]:
    """Both environments, installed by Flux in an empty cluster.

    Then staging is suspended: it would only take processor time.
    """
    leave_on_signals()
    folder = new_folder()
    failed = request.session.testsfailed
    with Cluster(folder / "cluster") as cluster, GiteaHost(folder / "gitea") as host:
        repository = publish(cluster, host, folder / "repository", "mediq")
        with Flux(cluster) as engine:
            engine.install(repository)
            engine.add_webhook(repository)
            installed = System(cluster, repository, engine)
            installed.wait_until_installed(seconds=300)
            for each in engine.tiers("staging").values():
                cluster.api.merge(each, {"spec": {"suspend": True}})
            yield installed
            if request.session.testsfailed > failed:
                cluster.keep()
    if request.session.testsfailed == failed:
        shutil.rmtree(folder)
