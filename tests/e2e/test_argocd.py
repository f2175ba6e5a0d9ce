"""The real Argo CD: from an empty cluster to promotions, rollbacks and faults, with the repository on a real Gitea.

The tests are one story and run in this order. Synced is never proof: each looks at the images of ready pods.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import pytest

from promote.system.process import run
from tests.e2e import argocd, metrics
from tests.e2e.api import Object
from tests.e2e.argocd import CONTROLLER, REPO_SERVER, ArgoCD
from tests.e2e.cluster import Cluster, leave_on_signals, new_folder
from tests.e2e.environments import condition, group
from tests.e2e.gitea import GiteaHost
from tests.e2e.kubelet import FAILING, NEVER_READY
from tests.e2e.loop import Repository, digest, publish, running_images, wait_until_running
from tests.e2e.process import wait
from tests.manifests.render import ENVIRONMENTS, name_of, render

PRODUCTION = "mediq-production"
ENGINE = "mediq/ocr-engine-service"
WAVE = "argocd.argoproj.io/sync-wave"
# The wave that no sync waits for.
LAST = 2


@dataclass(frozen=True)
class Site:
    """All that runs, and the repository that it follows."""

    cluster: Cluster
    host: GiteaHost
    argo: ArgoCD
    repository: Repository

    def objects(self, environment: str = "production") -> list[Object]:
        """What Git says."""
        return list(render(self.repository.clone.root / "overlays" / environment).objects)

    def runs(self, environment: str = "production", *, seconds: float = 150.0) -> float:
        """Wait until exactly the versions that Git says run."""
        wanted = self.repository.images(environment)
        return wait_until_running(self.cluster.api, f"mediq-{environment}", wanted, seconds=seconds)

    def set_engine(self, tag: str, start: str = "") -> str:
        """Push another version of the engine past the checks; the image."""
        return self.repository.set_image("production", ENGINE, tag, digest(tag, start))

    def kubectl(self, *arguments: str) -> str:
        """Do something by hand in production."""
        program, kubeconfig = self.cluster.program("kubectl"), self.cluster.kubeconfig
        done = run([program, f"--kubeconfig={kubeconfig}", f"--namespace={PRODUCTION}", *arguments])
        assert done.code == 0, done.error
        return done.stdout.decode()

    def find(self, kind: str, name: str) -> Object:
        """What Git says of an object in production."""
        [found] = (each for each in self.objects() if (each["kind"], name_of(each)) == (kind, name))
        return found

    def operation(self) -> Object:
        """What Argo CD does in production, or did last."""
        return dict(self.argo.application("production").get("status", {}).get("operationState", {}))


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A cluster with Argo CD, a Gitea, and a repository that Argo CD was told of."""
    leave_on_signals()
    folder = new_folder()
    failed = request.session.testsfailed
    with Cluster(folder / "cluster") as cluster, GiteaHost(folder / "gitea") as host:
        repository = publish(cluster, host, folder, "environments")
        cluster.define(*{group(each) for name in ENVIRONMENTS for each in _rendered(repository, name)})
        with ArgoCD(cluster) as argo:
            argo.install(repository)
            yield Site(cluster, host, argo, repository)
            if request.session.testsfailed != failed:
                cluster.keep()
    if request.session.testsfailed == failed:
        shutil.rmtree(folder)


def _rendered(repository: Repository, environment: str) -> tuple[Object, ...]:
    return tuple(render(repository.clone.root / "overlays" / environment).objects)


def test_the_first_installation_is_in_order(site: Site) -> None:
    commit = site.repository.tip()
    print(f"first installation: {site.argo.wait_for(commit, seconds=420):.0f} s")
    for environment in ENVIRONMENTS:
        site.runs(environment)
        waves: dict[int, list[str]] = {}
        for each in site.objects(environment):
            created = site.cluster.api.get(each)["metadata"]["creationTimestamp"]
            waves.setdefault(int(each["metadata"]["annotations"][WAVE]), []).append(created)
        for (one, before), (other, after) in pairwise(sorted(waves.items())):
            assert max(before) <= min(after), (one, other)
        for job in site.cluster.api.list("batch/v1", "Job", f"mediq-{environment}"):
            assert condition(job, "Complete"), name_of(job)


def test_nothing_waits_for_an_address_of_the_edge(site: Site) -> None:
    # No controller has given it one, and the installation above has succeeded.
    [ingress] = (each for each in site.objects() if each["kind"] == "Ingress")
    assert "ingress" not in site.cluster.api.get(ingress)["status"].get("loadBalancer", {})
    assert argocd.resources(site.argo.application("production"))[f"Ingress/{name_of(ingress)}"]


def test_a_promotion_is_merged_on_gitea_and_runs(site: Site) -> None:
    before = site.repository.images("production")
    commit = site.repository.merged("staging", "production")
    site.repository.pull()
    wanted = site.repository.images("production")
    assert wanted == site.repository.images("staging") != before
    print(f"promotion: {site.runs():.0f} s until the promoted versions run")
    site.argo.wait_for(commit)


def test_a_rollback_runs_within_a_minute(site: Site) -> None:
    begin = time.monotonic()
    site.repository.promote("rollback", "production", "api-gateway", "--reason", "errors after the release")
    site.repository.pull()
    assert ":1.4.2@" in site.repository.images("production")["mediq/api-gateway"]
    site.runs()
    seconds = time.monotonic() - begin
    print(f"rollback: {seconds:.0f} s from the command to the pods")
    assert seconds < 60
    site.argo.wait_for(site.repository.tip())


def test_a_failed_migration_holds_back_its_service(site: Site) -> None:
    running = running_images(site.cluster.api, PRODUCTION)["mediq/user-service"]
    site.repository.set_image("production", "mediq/user-service", "9.0.0", digest("9.0.0", FAILING))
    bad = site.repository.push("release 9.0.0, whose migration fails")
    wait("the sync is tried again", partial(_retries_missing, site, bad, 2), seconds=120)
    [failed] = (job for job in _migrations(site) if condition(job, "Failed"))
    assert failed["spec"]["template"]["spec"]["containers"][0]["image"].startswith("mediq/user-service:9.0.0@")
    assert running_images(site.cluster.api, PRODUCTION)["mediq/user-service"] == running
    deployment = site.find("Deployment", "user-service")
    live = site.cluster.api.get(deployment)["spec"]["template"]["spec"]["containers"][0]["image"]
    assert {live} == running
    fixed = site.repository.set_image("production", "mediq/user-service", "9.0.1", digest("9.0.1"))
    commit = site.repository.push("release 9.0.1")
    print(f"fix of a migration: {site.runs():.0f} s until {fixed[:28]} runs")
    site.argo.wait_for(commit)
    [left] = _migrations(site)
    assert condition(left, "Complete")


def _retries_missing(site: Site, commit: str, count: int) -> str | None:
    operation = site.operation()
    retries = operation.get("retryCount", 0)
    tried = operation.get("syncResult", {}).get("revision") == commit
    return None if tried and retries >= count else f"{retries} retries of {operation.get('message')}"


def _migrations(site: Site) -> list[Object]:
    label = "app.kubernetes.io/name=migrations-user"
    return site.cluster.api.list("batch/v1", "Job", PRODUCTION, labelSelector=label)


def test_two_commits_in_quick_succession(site: Site) -> None:
    for tag in ("9.1.0", "9.1.1"):
        site.repository.set_image("production", "mediq/user-service", tag, digest(tag))
        commit = site.repository.push(f"release {tag}")
        wait(f"{tag} is synced or waits", partial(_operation_missing, site), seconds=60)
    site.runs()
    site.argo.wait_for(commit)
    [job] = _migrations(site)
    assert condition(job, "Complete")
    assert job["spec"]["template"]["spec"]["containers"][0]["image"].startswith("mediq/user-service:9.1.1@")


def _operation_missing(site: Site) -> str | None:
    return None if site.operation().get("phase") == "Running" else "no operation runs"


def test_what_a_hand_changes_is_restored(site: Site) -> None:
    deployment, policy = site.find("Deployment", "ocr-service"), site.find("NetworkPolicy", "mysql")
    uid = site.cluster.api.get(policy)["metadata"]["uid"]
    image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    site.kubectl("set", "image", "deployment/ocr-service", "*=mediq/ocr-service:by-hand")
    site.cluster.api.delete(policy)

    def different() -> str | None:
        live = site.cluster.api.get(deployment)["spec"]["template"]["spec"]["containers"][0]["image"]
        found = site.cluster.api.find(policy["apiVersion"], "NetworkPolicy", "mysql", PRODUCTION)
        return None if live == image and found and found["metadata"]["uid"] != uid else f"{live}, {found is not None}"

    begin = time.monotonic()
    wait("the Deployment and the NetworkPolicy are as Git says", different, seconds=60)
    print(f"self-heal: {time.monotonic() - begin:.0f} s")
    site.runs()


def test_an_autoscaler_is_not_fought(site: Site) -> None:
    """What an autoscaler sets stays, also when everything is compared and applied again."""
    metrics.wait_for_usage(site.cluster.api, PRODUCTION)
    deployment = site.find("Deployment", "ocr-service")
    count = site.cluster.api.get(deployment)["spec"]["replicas"] + 1
    site.cluster.api.merge(deployment, {"spec": {"replicas": count}})
    site.argo.refresh("production", "hard")
    site.set_engine("9.2.0")
    commit = site.repository.push("release 9.2.0")
    site.runs()
    site.argo.wait_for(commit)
    assert site.cluster.api.get(deployment)["spec"]["replicas"] == count


def test_a_version_that_never_becomes_ready_is_repaired_by_the_next_commit(site: Site) -> None:
    running = running_images(site.cluster.api, PRODUCTION)[ENGINE]
    bad = site.set_engine("9.3.0", NEVER_READY)
    site.repository.push("release 9.3.0, which never becomes ready")
    wait("the bad version starts", lambda: None if _starts(site, bad) else "no pod of it", seconds=60)
    assert running_images(site.cluster.api, PRODUCTION)[ENGINE] == running
    site.set_engine("9.3.1")
    commit = site.repository.push("release 9.3.1")
    print(f"repair of a version that never becomes ready: {site.runs(seconds=240):.0f} s")
    site.argo.wait_for(commit)


def _starts(site: Site, image: str) -> bool:
    pods = site.cluster.api.list("v1", "Pod", PRODUCTION)
    return any(each["image"] == image for pod in pods for each in pod["spec"]["containers"])


def test_a_manifest_that_cannot_be_rendered_changes_nothing(site: Site) -> None:
    path = "overlays/production/kustomization.yaml"
    text = site.repository.clone.read(path)
    site.repository.clone.write(path, text.replace("  - ../../base\n", "  - ../../base\n  - missing.yaml\n"))
    site.repository.push("a file that is missing")

    def unreported() -> str | None:
        conditions = site.argo.application("production")["status"].get("conditions", [])
        return None if any("missing.yaml" in each["message"] for each in conditions) else str(conditions)

    wait("Argo CD reports the file", unreported, seconds=60)
    site.repository.clone.write(path, text)
    site.runs()
    site.set_engine("9.4.0")
    commit = site.repository.push("the file is not needed")
    site.runs()
    site.argo.wait_for(commit)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "stray", "namespace": "default"}}, "default"),
        ({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "stray", "namespace": PRODUCTION}}, "Secret"),
        (
            {
                "apiVersion": "scheduling.k8s.io/v1",
                "kind": "PriorityClass",
                "metadata": {"name": "stray"},
                "value": 1,
            },
            "PriorityClass",
        ),
    ],
    ids=("another namespace", "a kind that is not listed", "a cluster-scoped object that is not listed"),
)
def test_the_project_permits_nothing_else(site: Site, extra: Object, message: str) -> None:
    before = site.repository.tip()
    path = "overlays/production/kustomization.yaml"
    text = site.repository.clone.read(path)
    site.repository.clone.write("overlays/production/stray/stray.yaml", json.dumps(extra))
    site.repository.clone.write("overlays/production/stray/kustomization.yaml", "resources: [stray.yaml]\n")
    # A folder of its own, whose namespace the overlay does not replace.
    site.repository.clone.write("overlays/production/kustomization.yaml", text)
    whole = "resources: [../overlays/production, ../overlays/production/stray]\n"
    site.repository.clone.write("outside/kustomization.yaml", whole)
    site.repository.push("an object that is not permitted")
    application = site.argo.application("production")
    site.cluster.api.merge(application, {"spec": {"source": {"path": "outside"}}})

    def permitted() -> str | None:
        operation = site.operation()
        results = operation.get("syncResult", {}).get("resources", [])
        refused = [each for each in results if each["name"] == "stray" and each["status"] == "SyncFailed"]
        return (
            None if refused and message in refused[0]["message"] else json.dumps([operation.get("message"), refused])
        )

    try:
        wait("the sync is refused", permitted, seconds=60)
        assert (
            site.cluster.api.find(extra["apiVersion"], extra["kind"], "stray", extra["metadata"].get("namespace", ""))
            is None
        )
    finally:
        site.cluster.api.merge(application, {"spec": {"source": {"path": "overlays/production"}}})
    site.runs()
    assert before != site.repository.tip()


def test_claims_survive_a_pruned_statefulset(site: Site) -> None:
    claims = _claims(site)
    path = "overlays/production/kustomization.yaml"
    text = site.repository.clone.read(path)
    remove = '  - patch: "{$patch: delete, apiVersion: apps/v1, kind: StatefulSet, metadata: {name: mysql}}"\n'
    site.repository.clone.write(path, text.replace("patches:\n", "patches:\n" + remove))
    site.repository.push("remove mysql by mistake")
    gone = partial(site.cluster.api.find, "apps/v1", "StatefulSet", "mysql", PRODUCTION)
    wait("the StatefulSet is pruned", lambda: "still there" if gone() else None, seconds=120)
    site.repository.clone.write(path, text)
    commit = site.repository.push("restore mysql")
    site.argo.wait_for(commit)
    assert _claims(site) == claims


def _claims(site: Site) -> dict[str, str]:
    found = site.cluster.api.list("v1", "PersistentVolumeClaim", PRODUCTION)
    return {name_of(each): each["metadata"]["uid"] for each in found}


def test_a_deleted_application_leaves_everything_running(site: Site) -> None:
    before = {name_of(pod) for pod in site.cluster.api.list("v1", "Pod", PRODUCTION)}
    claims = _claims(site)
    site.cluster.api.delete(site.argo.application("production"))
    wait(
        "the Application is gone",
        lambda: "there" if site.cluster.api.find(argocd.TYPE, "Application", PRODUCTION, argocd.NAMESPACE) else None,
        seconds=30,
    )
    site.argo.install(site.repository)
    site.argo.wait_for(site.repository.tip())
    assert {name_of(pod) for pod in site.cluster.api.list("v1", "Pod", PRODUCTION)} == before
    assert _claims(site) == claims


FAULTS = (REPO_SERVER, CONTROLLER, "kube-apiserver", "gitea", "etcd")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_during_a_promotion(site: Site, fault: str) -> None:
    """Kill one program after the merge, or starve etcd, and start it again: what was merged runs."""
    tag = f"9.5.{FAULTS.index(fault)}"
    site.set_engine(tag)
    commit = site.repository.push(f"release {tag}")
    begin = time.monotonic()
    wait("the sync starts", partial(_operation_missing, site), seconds=60)
    if fault == "etcd":
        with site.cluster.process("etcd").paused():
            time.sleep(10)  # the fault itself
    else:
        owner = {"gitea": site.host, "kube-apiserver": site.cluster}.get(fault, site.argo)
        process = owner.process(fault)
        process.kill()
        process.restart()
    site.runs(seconds=240)
    site.argo.wait_for(commit)
    print(f"{fault}: {time.monotonic() - begin:.0f} s until all is as Git says")


def test_a_promotion_that_is_killed_is_finished_by_the_next_run(site: Site) -> None:
    image = site.repository.set_image("staging", ENGINE, "9.6.0", digest("9.6.0"))
    site.repository.push("stage 9.6.0")
    started = site.repository.clone.start("staging", "production", env=site.repository.environ)
    wait("the branch is pushed", lambda: None if _is_proposed(site) else "no branch", seconds=60)
    started.kill()
    started.wait()
    commit = site.repository.merged("staging", "production", "--only", "ocr-engine-service")
    site.repository.pull()
    assert site.repository.images("production")[ENGINE] == image
    site.runs()
    site.argo.wait_for(commit)


def _is_proposed(site: Site) -> bool:
    return "promote/" in site.repository.clone.git("ls-remote", "origin", "refs/heads/promote/*")


def test_nothing_differs_for_ever(site: Site) -> None:
    """Comparing again and again changes nothing: no object gets another generation, no Application a new sync."""
    for environment in ENVIRONMENTS:
        site.argo.wait_for(site.repository.tip())
        before = _generations(site, environment)
        operation = site.argo.application(environment)["status"]["operationState"]["startedAt"]
        for kind in ("normal", "hard", "normal", "hard"):
            site.argo.refresh(environment, kind)
            assert site.argo.application(environment)["status"]["sync"]["status"] == "Synced"
        assert _generations(site, environment) == before
        assert site.argo.application(environment)["status"]["operationState"]["startedAt"] == operation


def _generations(site: Site, environment: str) -> dict[str, int]:
    live = [site.cluster.api.get(each) for each in site.objects(environment)]
    return {f"{each['kind']}/{name_of(each)}": each["metadata"].get("generation", 0) for each in live}
