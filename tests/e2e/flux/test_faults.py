"""What Flux does with bad commits, and with faults while a release is on its way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from tests.e2e.api import Object
from tests.e2e.flux import controllers
from tests.e2e.flux.controllers import KUSTOMIZE, SOURCE, Flux
from tests.e2e.kubelet import FAILING, NEVER_READY
from tests.e2e.loop import digest, wait_until_running
from tests.e2e.process import wait
from tests.e2e.system import FROZEN, NAMESPACE, OVERLAY, THAWED, System
from tests.manifests.render import name_of

Report = Callable[[str], None]


@pytest.fixture(scope="module")
def delivered() -> Sequence[str]:
    """Only production, in which the faults happen: each environment takes a while to install."""
    return ["production"]


def test_a_failed_migration_holds_its_service_back_until_a_commit_fixes_it(
    system: System[Flux], report: Report
) -> None:
    before = system.running()
    bad, images = system.release("mediq/user-service", "mediq/ocr-service", start=FAILING)
    message = system.engine.wait_for_failure("production", "migrations", bad)
    assert "Job/mediq-production/migrations-user-" in message
    for _ in range(2):
        system.engine.rerun("production", ["migrations"])
        system.engine.wait_for_failure("production", "migrations", bad)
        services = system.engine.tiers("production")["services"]["status"]
        assert not services["lastAppliedRevision"].endswith(bad)
    assert system.running() == before
    begin = time.monotonic()
    good, images = system.release("mediq/user-service", "mediq/ocr-service")
    wait_until_running(system.api, NAMESPACE, images)
    report(f"Flux: a commit that fixes a failed migration runs after {time.monotonic() - begin:.0f} s")
    system.settle(good)


def test_a_version_that_never_gets_ready_is_repaired_by_the_next_commit(system: System[Flux], report: Report) -> None:
    before = system.running()
    _, images = system.release("mediq/ocr-service", start=NEVER_READY)
    wait("a pod of it runs", lambda: None if _pods(system, images["mediq/ocr-service"]) else "none", seconds=300)
    assert system.running() == before
    begin = time.monotonic()
    good, images = system.release("mediq/ocr-service")
    wait_until_running(system.api, NAMESPACE, images)
    report(f"Flux: a commit that replaces a version that is never ready runs after {time.monotonic() - begin:.0f} s")
    system.settle(good)


def _pods(system: System[Flux], image: str) -> list[Object]:
    found = system.api.list("v1", "Pod", NAMESPACE, fieldSelector="status.phase=Running")
    return [each for each in found if each["spec"]["containers"][0]["image"] == image]


OUTSIDE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: outside}
"""
MOVED = """
  - |-
    apiVersion: builtin
    kind: PatchTransformer
    metadata: {name: outside}
    target: {kind: ConfigMap, name: outside}
    patch: '- {op: add, path: /metadata/namespace, value: mediq-staging}'
"""
UNLISTED = """\
apiVersion: v1
kind: Secret
metadata: {name: unlisted, annotations: {mediq.io/tier: roles}}
"""
ADMINISTRATOR = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: administrator}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: api-gateway, namespace: mediq-production}]
"""
INVALID = """
  - target: {kind: Deployment, name: ocr-service}
    patch: '- {op: add, path: /spec/replicas, value: -1}'
"""
BROKEN = {
    "object of the other environment": ("foundation", OUTSIDE, ("\ntransformers:", MOVED), "Forbidden"),
    "kind that is not listed": ("roles", UNLISTED, None, "Forbidden"),
    "more permissions": ("foundation", ADMINISTRATOR, None, "Forbidden"),
    "invalid field": ("services", "", ("\npatches:", INVALID), "Invalid"),
}


def test_a_commit_past_the_checks_is_rejected_and_the_next_good_one_is_applied(
    system: System[Flux], report: Report
) -> None:
    before, clone = system.running(), system.repository.clone
    system.repository.pull()
    overlay = clone.read(OVERLAY)
    for what, (tier, item, edit, reason) in BROKEN.items():
        text = overlay.replace("\nresources:\n", "\nresources:\n  - broken.yaml\n", 1) if item else overlay
        clone.write("overlays/production/broken.yaml", item)
        clone.write(OVERLAY, text.replace(f"{edit[0]}\n", f"{edit[0]}{edit[1]}", 1) if edit else text)
        message = system.engine.wait_for_failure("production", tier, system.repository.push(what))
        assert f"({reason})" in message, (what, message)
        assert system.running() == before
    clone.write(OVERLAY, overlay)
    begin = time.monotonic()
    commit, images = system.release("mediq/ocr-service")
    wait_until_running(system.api, NAMESPACE, images)
    report(f"Flux: the first good commit after broken ones runs after {time.monotonic() - begin:.0f} s")
    system.settle(commit)
    assert system.api.find("v1", "ConfigMap", "outside", "mediq-staging") is None


FOLDER = "delivery/flux/production"
# What applies that folder, as docs/gates.md asks for.
DELIVERY = {
    **controllers.reference("Kustomization", "delivery"),
    "spec": {
        "interval": "1h",
        "path": f"./{FOLDER}",
        "prune": False,
        "sourceRef": {"kind": "GitRepository", "name": "mediq"},
    },
}


def test_during_a_freeze_no_commit_is_applied_and_afterwards_it_is(system: System[Flux]) -> None:
    before = system.running()
    system.repository.pull()
    system.freeze(*FROZEN)
    system.repository.push("freeze")
    system.repository.promote("windows", FOLDER, "--commit")
    system.api.create(DELIVERY)
    wait("Flux suspends every tier", lambda: _suspended_less(system, len(controllers.TIERS)), seconds=60)
    commit, images = system.release("mediq/ocr-service")
    wait("Flux has the commit", lambda: None if system.engine.revision() == commit else "not yet", seconds=60)
    for tier in controllers.TIERS:
        system.engine.reconcile("Kustomization", f"mediq-production-{tier}")
    # What is asked for later, and not suspended, is done.
    request = system.engine.reconcile("Kustomization", "delivery")
    wait("Flux has applied the commit elsewhere", lambda: _unhandled(system, request), seconds=60)
    assert system.api.get(DELIVERY)["status"]["lastAppliedRevision"].endswith(commit)
    attempted = {each["status"]["lastAttemptedRevision"] for each in system.engine.tiers("production").values()}
    assert not {each for each in attempted if each.endswith(commit)}
    assert system.running() == before
    system.repository.pull()
    system.freeze(*THAWED)
    system.repository.push("the freeze is over")
    system.repository.promote("windows", FOLDER, "--commit")
    wait_until_running(system.api, NAMESPACE, images)
    system.api.delete(DELIVERY)
    system.settle(system.repository.tip())


def _suspended_less(system: System[Flux], count: int) -> str | None:
    found = sum(each["spec"]["suspend"] for each in system.engine.tiers("production").values())
    return None if found == count else f"{found} of {count}"


def _unhandled(system: System[Flux], request: str) -> str | None:
    handled = system.api.get(DELIVERY)["status"].get("lastHandledReconcileAt")
    return None if handled == request else str(handled)


@pytest.mark.parametrize("name", [SOURCE, KUSTOMIZE, "kube-apiserver", "etcd"])
def test_a_release_survives_a_fault(system: System[Flux], report: Report, name: str) -> None:
    process = system.engine.process(name) if name in (SOURCE, KUSTOMIZE) else system.cluster.process(name)
    begun = None if name == SOURCE else partial(_waiting, system)
    gone, later = system.release_through_a_fault(process, ("mediq/ocr-service", "mediq/user-service"), begun)
    report(f"Flux: {name} is back after {gone:.0f} s, and the release runs {later:.0f} s later")


def _waiting(system: System[Flux], commit: str) -> str | None:
    attempted = system.engine.tiers("production")["roles"]["status"]["lastAttemptedRevision"]
    return None if attempted.endswith(commit) else f"at {attempted}"


def test_a_promotion_survives_that_gitea_is_down(system: System[Flux], report: Report) -> None:
    system.repository.pull()
    image = system.repository.set_image("staging", "mediq/ocr-service", "3.0.0", digest("3.0.0"))
    system.repository.push("stage 3.0.0")
    only = ("staging", "production", "--only", "ocr-service")
    number = system.repository.promote(*only, "--output", "json").json["pull_request"]["number"]
    server = system.repository.host.process
    server.kill()
    begin = time.monotonic()
    assert "127.0.0.1" in system.repository.promote("merge", str(number), code=6).err
    server.restart()
    back = time.monotonic()
    commit = system.repository.promote("merge", str(number), "--output", "json").json["commit"]
    wait_until_running(system.api, NAMESPACE, {"mediq/ocr-service": image})
    later = time.monotonic() - back
    report(f"Flux: Gitea is back after {back - begin:.0f} s, and the promotion runs {later:.0f} s later")
    system.settle(commit)


def test_an_environment_runs_on_without_its_kustomizations(system: System[Flux]) -> None:
    before = system.running(), system.claims()
    deployments = {
        name_of(each): each["metadata"]["uid"] for each in system.api.list("apps/v1", "Deployment", NAMESPACE)
    }
    for each in system.engine.tiers("production").values():
        system.api.delete(each)
    wait("the Kustomizations are gone", lambda: ", ".join(_left(system)) or None, seconds=300)
    after = {name_of(each): each["metadata"]["uid"] for each in system.api.list("apps/v1", "Deployment", NAMESPACE)}
    assert after == deployments
    assert (system.running(), system.claims()) == before


def _left(system: System[Flux]) -> list[str]:
    found = system.api.list("kustomize.toolkit.fluxcd.io/v1", "Kustomization", controllers.NAMESPACE)
    return [name_of(each) for each in found if name_of(each).startswith("mediq-production")]
