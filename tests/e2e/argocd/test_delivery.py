"""Argo CD with the manifests of this checkout on a real Gitea: installed in an empty cluster, promoted, rolled back.

The tests share one installation and run in their order; each leaves production as Git says.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import pairwise

from promote.system.process import run
from tests.e2e.api import Object
from tests.e2e.argocd import programs
from tests.e2e.argocd.programs import ArgoCD
from tests.e2e.environments import condition
from tests.e2e.loop import wait_until_running
from tests.e2e.process import wait
from tests.e2e.system import NAMESPACE, System, written_by, written_since
from tests.load import patience
from tests.manifests.render import ENVIRONMENTS, name_of, overlay, render_again

Report = Callable[[str], None]
WAVE = "argocd.argoproj.io/sync-wave"


def test_an_empty_cluster_gets_each_wave_once_the_one_before_is_ready(system: System[ArgoCD], report: Report) -> None:
    report(f"Argo CD: both environments are installed {system.installed_after:.0f} s after `kubectl apply`")
    for environment in ENVIRONMENTS:
        spans: dict[int, list[datetime]] = {}
        for each in render_again(system.repository.clone.root / "overlays" / environment).objects:
            live = system.api.get(each)
            moments = spans.setdefault(int(each["metadata"]["annotations"][WAVE]), [])
            moments.append(datetime.fromisoformat(live["metadata"]["creationTimestamp"]))
        waves = [(wave, min(moments), max(moments)) for wave, moments in sorted(spans.items())]
        for (_, _, before), (wave, after, _) in pairwise(waves):
            assert before <= after, (wave, waves)
        for job in system.api.list("batch/v1", "Job", f"mediq-{environment}"):
            if WAVE not in job["metadata"].get("annotations", {}):
                continue  # a CronJob made it
            complete = condition(job, "Complete")
            assert complete, name_of(job)
            assert datetime.fromisoformat(complete["lastTransitionTime"]) <= _first_after(job, spans)
        first = waves[0][1]
        times = ", ".join(f"{wave}: {(a - first).seconds}-{(b - first).seconds}" for wave, a, b in waves)
        report(f"Argo CD: waves of {environment}, from the first object to the last, in s: {times}")


def _first_after(job: Object, spans: dict[int, list[datetime]]) -> datetime:
    own = int(job["metadata"]["annotations"][WAVE])
    return min(min(moments) for wave, moments in spans.items() if wave > own)


def test_no_sync_waits_for_the_edge_or_for_metrics(system: System[ArgoCD]) -> None:
    """The installation has succeeded although nobody has given the Ingress an address."""
    [ingress] = overlay("production").kind("Ingress")
    assert "ingress" not in system.api.get(ingress)["status"].get("loadBalancer", {})


def test_a_merge_on_gitea_runs_and_a_rollback_restores_the_old_digest(system: System[ArgoCD], report: Report) -> None:
    """Argo CD compares on its own only every two or three minutes, so it is the webhook that brings the merge."""
    before = system.repository.images("production")
    answer = system.repository.promote("staging", "production", "--output", "json").json
    assert answer["pull_request"]["url"].startswith(system.repository.host.url)
    number = str(answer["pull_request"]["number"])
    begin = time.monotonic()
    commit = system.repository.promote("merge", number, "--output", "json").json["commit"]
    merged = time.monotonic()
    wait("the webhook arrives", partial(_unnoticed, system, commit), seconds=30)
    report(f"Argo CD: a merge on Gitea is noticed after {time.monotonic() - merged:.1f} s")
    system.settle(commit)
    report(f"Argo CD: `promote merge` of 2 services runs after {time.monotonic() - begin:.0f} s")
    promoted = system.repository.images("production")
    assert promoted == system.repository.images("staging") != before
    begin = time.monotonic()
    back = system.repository.promote("rollback", "production", "api-gateway", "--output", "json").json
    gateway = {"mediq/api-gateway": before["mediq/api-gateway"]}
    wait_until_running(system.api, NAMESPACE, gateway)
    took = time.monotonic() - begin
    report(f"Argo CD: `promote rollback production api-gateway` has replaced every pod after {took:.0f} s")
    assert took < patience(60)
    system.settle(back["commit"])
    assert system.running().items() >= {name: {image} for name, image in (promoted | gateway).items()}.items()


def _unnoticed(system: System[ArgoCD], commit: str) -> str | None:
    compared = system.engine.application("production")["status"]["sync"]["revision"]
    return None if compared == commit else f"at {compared}"


def test_edits_by_hand_are_undone_but_the_replicas_of_the_autoscaler_stay(
    system: System[ArgoCD], report: Report
) -> None:
    image = system.repository.images("production")["mediq/ocr-engine-service"]
    gateway = system.live("apps/v1", "Deployment", "api-gateway")
    scaled = gateway["spec"]["replicas"] + 2
    system.api.merge(gateway, {"spec": {"replicas": scaled}}, subresource="/scale")
    kubectl, kubeconfig = system.cluster.program("kubectl"), f"--kubeconfig={system.cluster.kubeconfig}"
    edit = ["set", "image", "deployment/ocr-engine-service", "*=example.com/by-hand:1"]
    done = run([kubectl, kubeconfig, f"--namespace={NAMESPACE}", *edit])
    assert done.code == 0, done.error
    system.api.delete(system.live("networking.k8s.io/v1", "NetworkPolicy", "default-deny"))
    begin = time.monotonic()

    def edited() -> str | None:
        engine = system.live("apps/v1", "Deployment", "ocr-engine-service")
        policy = system.api.find("networking.k8s.io/v1", "NetworkPolicy", "default-deny", NAMESPACE)
        live = engine["spec"]["template"]["spec"]["containers"][0]["image"]
        return None if live == image and policy else f"{live}, policy: {policy is not None}"

    wait("edits by hand are undone", edited, seconds=60)
    report(f"Argo CD: edits by hand are undone after {time.monotonic() - begin:.0f} s")
    system.engine.refresh("production", "hard")
    # By its policy, the autoscaler itself takes one of the two pods back in a minute; Argo CD would take both.
    live = system.live("apps/v1", "Deployment", "api-gateway")
    assert gateway["spec"]["replicas"] < live["spec"]["replicas"] <= scaled
    owned = [each for each in live["metadata"]["managedFields"] if each["manager"] == programs.MANAGER]
    assert owned
    assert not any("f:replicas" in each["fieldsV1"].get("f:spec", {}) for each in owned)


def test_claims_survive_a_stateful_set_that_is_pruned(system: System[ArgoCD]) -> None:
    system.remove_and_restore_a_stateful_set()


def test_further_comparisons_change_nothing(system: System[ArgoCD]) -> None:
    """Argo CD compares every two or three minutes, so these are more than three minutes would bring."""
    before, begun = _applied(system), system.engine.operation("production")["startedAt"]
    for kind in ("normal", "hard", "normal"):
        system.engine.refresh("production", kind)
        assert system.engine.application("production")["status"]["sync"]["status"] == "Synced"
    assert written_since(before, _applied(system)) == []
    assert system.engine.operation("production")["startedAt"] == begun


def _applied(system: System[ArgoCD]) -> dict[str, list[Object]]:
    """Which fields of every object Argo CD has written, and when."""
    objects = render_again(system.repository.clone.root / "overlays/production").objects
    return written_by(programs.MANAGER, system.api, objects)
