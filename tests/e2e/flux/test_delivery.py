"""Flux with the manifests of this checkout on a real Gitea: installed in an empty cluster, promoted, rolled back.

The tests share one installation and run in their order; each leaves production as Git says.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from tests.e2e import metrics
from tests.e2e.api import Api, Object
from tests.e2e.environments import condition
from tests.e2e.flux import controllers
from tests.e2e.flux.controllers import KUSTOMIZE, Flux
from tests.e2e.process import wait
from tests.e2e.system import NAMESPACE, System, written_by, written_since
from tests.load import patience
from tests.manifests.render import ENVIRONMENTS

Report = Callable[[str], None]


def test_an_empty_cluster_gets_each_tier_once_the_one_before_is_ready(system: System[Flux], report: Report) -> None:
    report(f"Flux: both environments are installed {system.installed_after:.0f} s after `kubectl apply`")
    for environment in ENVIRONMENTS:
        tiers = system.engine.tiers(environment)
        spans = {tier: _span(system.api, controllers.inventory(each)) for tier, each in tiers.items()}
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


def _span(api: Api, objects: list[Object]) -> tuple[datetime, datetime]:
    """When the API server created the first of these objects, and when the last of them was ready."""
    live = [api.get(each) for each in objects if each["kind"] != "Namespace"]
    created = [datetime.fromisoformat(each["metadata"]["creationTimestamp"]) for each in live]
    return min(created), max(created + [datetime.fromisoformat(each) for each in map(_ready, live) if each])


def _ready(live: Object) -> str | None:
    """When an object that becomes ready did so; that of a StatefulSet is not recorded."""
    # A Deployment that is scaled later is not available for a while, but its roll-out stays complete.
    types = {"Deployment": "Progressing", "Job": "Complete", "SealedSecret": "Synced"}
    found = condition(live, types.get(live["kind"], ""))
    return (
        str(found["lastUpdateTime"] if live["kind"] == "Deployment" else found["lastTransitionTime"])
        if found
        else None
    )


def test_a_merge_on_gitea_is_noticed_by_the_webhook_and_runs(system: System[Flux], report: Report) -> None:
    # No poll may help the webhook.
    system.api.merge(controllers.reference("GitRepository", "mediq"), {"spec": {"interval": "1h"}})
    before = system.repository.images("production")
    pull = system.repository.promote("staging", "production", "--output", "json").json["pull_request"]
    assert pull["url"].startswith(system.repository.host.url)
    begin = time.monotonic()
    commit = system.repository.promote("merge", str(pull["number"]), "--output", "json").json["commit"]
    merged = time.monotonic()
    wait("the webhook arrives", lambda: None if system.engine.revision() == commit else "not yet", seconds=300)
    report(f"Flux: a merge on Gitea is read {time.monotonic() - merged:.1f} s later")
    system.settle(commit)
    report(
        f"Flux: a promotion of 2 services is complete {time.monotonic() - begin:.0f} s after `promote merge` began"
    )
    assert system.repository.images("production") == system.repository.images("staging") != before


def test_a_rollback_restores_the_old_digest_within_a_minute(system: System[Flux], report: Report) -> None:
    system.repository.pull()
    promoted = system.repository.images("production")
    begin = time.monotonic()
    commit = system.repository.promote("rollback", "production", "api-gateway", "--output", "json").json["commit"]
    system.repository.pull()
    wanted = system.repository.images("production")
    assert {name for name, image in wanted.items() if image != promoted[name]} == {"mediq/api-gateway"}
    old = wanted["mediq/api-gateway"]
    wait("a pod of it runs", lambda: None if old in system.running()["mediq/api-gateway"] else "none", seconds=300)
    first = time.monotonic() - begin
    system.settle(commit)
    report(
        f"Flux: the old digest runs {first:.0f} s after `promote rollback` began, and nothing else after "
        f"{time.monotonic() - begin:.0f} s"
    )
    assert first < patience(60)


def test_edits_by_hand_are_undone(system: System[Flux]) -> None:
    engine = system.live("apps/v1", "Deployment", "ocr-engine-service")
    containers = [{**engine["spec"]["template"]["spec"]["containers"][0], "image": "example.com/by-hand:1"}]
    system.api.merge(engine, {"spec": {"template": {"spec": {"containers": containers}}}})
    system.api.delete(system.live("networking.k8s.io/v1", "NetworkPolicy", "default-deny"))
    system.engine.rerun("production", ["foundation", "services"])
    assert system.live("networking.k8s.io/v1", "NetworkPolicy", "default-deny")["spec"]["podSelector"] == {}
    [container] = system.live("apps/v1", "Deployment", "ocr-engine-service")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == system.repository.images("production")["mediq/ocr-engine-service"]


def test_the_autoscaler_is_not_fought(system: System[Flux]) -> None:
    before = _replicas(system)
    pods = system.api.list("v1", "Pod", NAMESPACE, labelSelector="app.kubernetes.io/name=api-gateway")
    metrics.use(system.api, pods, cpu="450m")
    wait("it adds a pod", lambda: None if _replicas(system) > before else f"{before}", seconds=300)
    scaled = _replicas(system)
    system.engine.rerun("production", ["services", "autoscaling"])
    assert _replicas(system) >= scaled
    metrics.use(system.api, pods)


def _replicas(system: System[Flux]) -> int:
    return int(system.live("apps/v1", "Deployment", "api-gateway")["spec"]["replicas"])


def test_claims_survive_a_stateful_set_that_is_pruned(system: System[Flux]) -> None:
    system.remove_and_restore_a_stateful_set()


def test_further_runs_change_nothing(system: System[Flux]) -> None:
    """The interval is three minutes, so three minutes of waiting would bring one run."""
    before = _applied(system)
    system.engine.rerun("production")
    assert written_since(before, _applied(system)) == []


def _applied(system: System[Flux]) -> dict[str, list[Object]]:
    """Which fields of every object Flux has written, and when."""
    tiers = system.engine.tiers("production").values()
    return written_by(KUSTOMIZE, system.api, [each for tier in tiers for each in controllers.inventory(tier)])
