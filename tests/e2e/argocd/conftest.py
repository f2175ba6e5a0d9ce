"""One installation for all tests of Argo CD, which ends with the last of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.e2e.argocd.programs import ArgoCD
from tests.e2e.cluster import Cluster, leave_on_signals, new_folder
from tests.e2e.environments import group
from tests.e2e.gitea import GiteaHost
from tests.e2e.loop import publish
from tests.e2e.system import System
from tests.manifests.render import ENVIRONMENTS, overlay


@pytest.fixture(scope="package")
def system(request: pytest.FixtureRequest) -> Iterator[System[ArgoCD]]:
    """Both environments, installed by Argo CD in an empty cluster.

    Then staging has no Application any more: every commit would be compared with it, too.
    """
    leave_on_signals()
    folder = new_folder()
    failed = request.session.testsfailed
    with Cluster(folder / "cluster") as cluster, GiteaHost(folder / "gitea") as host:
        repository = publish(cluster, host, folder / "repository", "mediq")
        cluster.define(*{group(each) for name in ENVIRONMENTS for each in overlay(name).objects})
        with ArgoCD(cluster) as engine:
            engine.install(repository)
            installed = System(cluster, repository, engine)
            installed.wait_until_installed(seconds=400)
            cluster.api.delete(engine.application("staging"))
            yield installed
            if request.session.testsfailed > failed:
                cluster.keep()
    if request.session.testsfailed == failed:
        shutil.rmtree(folder)
