"""Flux with the manifests of this checkout on a real Gitea, from an empty cluster to faults during a promotion.

The tests share one installation and run in their order; each leaves production as Git says. After the first one,
staging is suspended: it would only take processor time.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest

from tests.e2e import flux
from tests.e2e.api import Api, Object
from tests.e2e.cluster import Cluster, leave_on_signals, new_folder
from tests.e2e.environments import condition
from tests.e2e.flux import Flux
from tests.e2e.gitea import GiteaHost
from tests.e2e.loop import Repository, digest, publish, running_images, wait_until_running
from tests.e2e.process import wait
from tests.manifests.render import ENVIRONMENTS

NAMESPACE = "mediq-production"
OVERLAY = "overlays/production/kustomization.yaml"
Report = Callable[[str], None]


@dataclass
class System:
    """The whole loop: a repository on Gitea, Flux, and the cluster that it syncs."""

    cluster: Cluster
    repository: Repository
    flux: Flux
    installed: list[Object]
    releases: int = 0

    @property
    def api(self) -> Api:
        return self.cluster.api

    def release(self, *names: str, start: str = "") -> tuple[str, dict[str, str]]:
        """Push new versions to production past the checks; return the commit and the images."""
        self.releases += 1
        self.repository.pull()
        tag = f"2.0.{self.releases}"
        images = {each: self.repository.set_image("production", each, tag, digest(tag, start)) for each in names}
        return self.repository.push(f"release {tag}"), images

    def settle(self, commit: str, *, seconds: float = 120.0) -> None:
        """Wait until Flux has applied a commit, and then until what it says runs: neither proves the other."""
        self.flux.wait_for("production", commit, seconds=seconds)
        self.repository.pull()
        wait_until_running(self.api, NAMESPACE, self.repository.images("production"), seconds=seconds)

    def running(self) -> dict[str, set[str]]:
        return running_images(self.api, NAMESPACE)

    def live(self, version: str, kind: str, name: str) -> Object:
        found = self.api.find(version, kind, name, NAMESPACE)
        assert found is not None, (kind, name)
        return found


@pytest.fixture(scope="module")
def system(request: pytest.FixtureRequest) -> Iterator[System]:
    """Both environments, installed by Flux in an empty cluster."""
    leave_on_signals()
    folder = new_folder()
    failed = request.session.testsfailed
    with Cluster(folder / "cluster") as cluster, GiteaHost(folder / "gitea") as host:
        repository = publish(cluster, host, folder / "repository", "mediq")
        with Flux(cluster) as engine:
            yield System(cluster, repository, engine, engine.install(repository))
            if request.session.testsfailed > failed:
                cluster.keep()
    if request.session.testsfailed == failed:
        shutil.rmtree(folder)


def test_an_empty_cluster_gets_each_tier_once_the_one_before_is_ready(system: System, report: Report) -> None:
    begin = time.monotonic()
    commit = system.repository.tip()
    for environment in reversed(ENVIRONMENTS):
        system.flux.wait_for(environment, commit, seconds=300)
    report(f"Flux: both environments are installed {time.monotonic() - begin:.0f} s after `kubectl apply`")
    for environment in ENVIRONMENTS:
        wait_until_running(system.api, f"mediq-{environment}", system.repository.images(environment))
        tiers = system.flux.tiers(environment)
        spans = {tier: _span(system.api, flux.inventory(each)) for tier, each in tiers.items()}
        first = min(begin for begin, _ in spans.values())
        times = (
            f"{tier} {(created - first).seconds}-{(ready - first).seconds}"
            for tier, (created, ready) in spans.items()
        )
        report(
            f"Flux: tiers of {environment}, from the first object to the last that is ready, in s: {', '.join(times)}"
        )
        for tier, each in tiers.items():
            for before in each["spec"].get("dependsOn", []):
                earlier = before["name"].removeprefix(f"mediq-{environment}-")
                assert spans[earlier][1] <= spans[tier][0], (earlier, tier, spans)
    for each in system.flux.tiers("staging").values():
        system.api.merge(each, {"spec": {"suspend": True}})


def _span(api: Api, objects: list[Object]) -> tuple[datetime, datetime]:
    """When the API server created the first of these objects, and when the last of them was ready."""
    live = [api.get(each) for each in objects if each["kind"] != "Namespace"]
    created = [datetime.fromisoformat(each["metadata"]["creationTimestamp"]) for each in live]
    return min(created), max(created + [datetime.fromisoformat(each) for each in map(_ready, live) if each])


def _ready(live: Object) -> str | None:
    """When an object that becomes ready did so; that of a StatefulSet is not recorded."""
    types = {"Deployment": "Available", "Job": "Complete", "SealedSecret": "Synced"}
    found = condition(live, types.get(live["kind"], ""))
    return str(found["lastTransitionTime"]) if found else None


def test_a_merge_on_gitea_runs_and_a_rollback_restores_the_old_digest(system: System, report: Report) -> None:
    system.flux.add_webhook(system.repository)
    # No poll may help the webhook.
    system.api.merge(flux.reference("GitRepository", "mediq"), {"spec": {"interval": "1h"}})
    before = system.repository.images("production")
    answer = system.repository.promote("staging", "production", "--output", "json").json
    assert answer["pull_request"]["url"].startswith(system.repository.host.url)
    begin = time.monotonic()
    commit = system.repository.promote("merge", str(answer["pull_request"]["number"]), "--output", "json").json[
        "commit"
    ]
    merged = time.monotonic()
    wait("the webhook arrives", lambda: None if system.flux.revision() == commit else "not yet", seconds=20)
    report(f"Flux: a merge on Gitea is read after {time.monotonic() - merged:.1f} s")
    system.settle(commit)
    report(f"Flux: `promote merge` of 2 services runs after {time.monotonic() - begin:.0f} s")
    promoted = system.repository.images("production")
    assert promoted == system.repository.images("staging") != before
    begin = time.monotonic()
    back = system.repository.promote("rollback", "production", "api-gateway", "--output", "json").json
    gateway = {"mediq/api-gateway": before["mediq/api-gateway"]}
    wait_until_running(system.api, NAMESPACE, gateway)
    took = time.monotonic() - begin
    report(f"Flux: `promote rollback production api-gateway` has replaced every pod after {took:.0f} s")
    assert took < 60
    system.settle(back["commit"])
    assert system.running().items() >= {name: {image} for name, image in (promoted | gateway).items()}.items()
