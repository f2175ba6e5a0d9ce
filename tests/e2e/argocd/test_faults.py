"""What Argo CD does with bad commits, and with faults while a release is on its way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.e2e.api import Object
from tests.e2e.argocd import programs
from tests.e2e.argocd.programs import CONTROLLER, REDIS, REPO_SERVER, ArgoCD
from tests.e2e.environments import condition
from tests.e2e.kubelet import FAILING, NEVER_READY
from tests.e2e.loop import digest, wait_until_running
from tests.e2e.process import wait
from tests.e2e.system import FROZEN, NAMESPACE, OVERLAY, THAWED, System
from tests.manifests.render import name_of

Report = Callable[[str], None]
USER, ENGINE, OCR = "mediq/user-service", "mediq/ocr-engine-service", "mediq/ocr-service"


def test_a_failed_migration_holds_its_service_back_until_a_commit_fixes_it(
    system: System[ArgoCD], report: Report
) -> None:
    before = system.running()
    bad, _ = system.release(USER, OCR, start=FAILING)
    wait("the sync is tried again, twice", partial(_tried_less, system, bad, 2), seconds=150)
    [failed] = [each for each in _migrations(system) if condition(each, "Failed")]
    attempts = system.api.list("v1", "Pod", NAMESPACE, labelSelector=f"job-name={name_of(failed)}")
    assert [each["status"]["phase"] for each in attempts] == ["Failed"], "its log is gone"
    assert system.running() == before
    for name in (USER, OCR):
        deployment = system.live("apps/v1", "Deployment", name.partition("/")[2])
        assert {deployment["spec"]["template"]["spec"]["containers"][0]["image"]} == before[name]
    begin = time.monotonic()
    good, images = system.release(USER, OCR)
    wait_until_running(system.api, NAMESPACE, images)
    report(f"Argo CD: a commit that fixes a failed migration runs after {time.monotonic() - begin:.0f} s")
    system.settle(good)
    [job] = _migrations(system)
    assert condition(job, "Complete")
    assert name_of(job) != name_of(failed)


def _tried_less(system: System[ArgoCD], commit: str, times: int) -> str | None:
    operation = system.engine.operation("production")
    tried = operation.get("retryCount", 0) if operation.get("syncResult", {}).get("revision") == commit else -1
    return None if tried >= times else f"{tried} retries: {operation.get('message')}"


def _migrations(system: System[ArgoCD]) -> list[Object]:
    label = "app.kubernetes.io/name=migrations-user"
    return system.api.list("batch/v1", "Job", NAMESPACE, labelSelector=label)


def test_of_two_commits_in_quick_succession_the_second_runs_with_its_migration(system: System[ArgoCD]) -> None:
    first, _ = system.release(USER)
    wait("the sync begins", partial(_not_begun, system, first), seconds=60, longest=0.3)
    second, images = system.release(USER)
    wait_until_running(system.api, NAMESPACE, images)
    [job] = [each for each in _migrations(system) if _image(each) == images[USER]]
    assert condition(job, "Complete")
    system.settle(second)


def _image(workload: Object) -> str:
    return str(workload["spec"]["template"]["spec"]["containers"][0]["image"])


def _not_begun(system: System[ArgoCD], commit: str) -> str | None:
    operation = system.engine.operation("production")
    begun = operation.get("operation", {}).get("sync", {}).get("revision") == commit
    return None if begun else f"{operation.get('phase')}: {operation.get('message')}"


def test_a_version_that_never_gets_ready_is_repaired_by_the_next_commit(
    system: System[ArgoCD], report: Report
) -> None:
    before = system.running()
    _, images = system.release(OCR, start=NEVER_READY)
    wait("a pod of it runs", lambda: None if _pods(system, images[OCR]) else "none", seconds=60)
    assert system.running() == before
    begin = time.monotonic()
    good, images = system.release(OCR)
    # The sync waits until the Deployment reports that it makes no progress; then the retry takes the newest commit.
    wait_until_running(system.api, NAMESPACE, images, seconds=180)
    report(
        f"Argo CD: a commit that replaces a version that is never ready runs after {time.monotonic() - begin:.0f} s"
    )
    system.settle(good)


def _pods(system: System[ArgoCD], image: str) -> list[Object]:
    found = system.api.list("v1", "Pod", NAMESPACE, fieldSelector="status.phase=Running")
    return [each for each in found if each["spec"]["containers"][0]["image"] == image]


CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: stray}\n"
ELSEWHERE = """
  - |-
    apiVersion: builtin
    kind: PatchTransformer
    metadata: {name: stray}
    target: {kind: ConfigMap, name: stray}
    patch: '- {op: add, path: /metadata/namespace, value: default}'
"""
UNLISTED = "apiVersion: v1\nkind: Secret\nmetadata: {name: stray}\n"
ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: stray}\n"
INVALID = """
  - target: {kind: Deployment, name: ocr-service}
    patch: '- {op: add, path: /spec/replicas, value: -1}'
"""
UNKNOWN = """
  - target: {kind: Deployment, name: ocr-service}
    patch: '- {op: add, path: /spec/template/spec/containers/0/imagePullPolice, value: Always}'
"""
BROKEN = {
    "manifest that cannot be rendered": ("kind: [", None, "yaml"),
    "object of another namespace": (CONFIG_MAP, ("\ntransformers:", ELSEWHERE), "is not permitted in project"),
    "kind that is not listed": (UNLISTED, None, "is not permitted in project"),
    "cluster-wide object that is not listed": (ROLE, None, "is not permitted in project"),
    "unknown field": ("", ("\npatches:", UNKNOWN), "field not declared in schema"),
    "invalid field": ("", ("\npatches:", INVALID), "must be greater than or equal to 0"),
}


@pytest.fixture(scope="module")
def alerts(system: System[ArgoCD]) -> Iterator[list[dict[str, str]]]:
    """What Argo CD has reported since."""
    received: list[dict[str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=server.serve_forever)
    thread.start()
    system.engine.notify(system.repository, f"http://127.0.0.1:{server.server_port}/")
    yield received
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_commit_past_the_checks_is_rejected_and_the_next_good_one_is_applied(
    system: System[ArgoCD], report: Report, alerts: list[dict[str, str]]
) -> None:
    before, clone = system.running(), system.repository.clone
    system.repository.pull()
    text = clone.read(OVERLAY)
    for what, (item, edit, message) in BROKEN.items():
        changed = text.replace("\nresources:\n", "\nresources:\n  - broken.yaml\n", 1) if item else text
        clone.write("overlays/production/broken.yaml", item)
        clone.write(OVERLAY, changed.replace(f"{edit[0]}\n", f"{edit[0]}{edit[1]}", 1) if edit else changed)
        commit = system.repository.push(what)
        wait(f"{what} is rejected", partial(_accepted, system, commit, message), seconds=90)
        assert system.running() == before
    wait("it is reported", partial(_unreported, system, commit, alerts), seconds=60)
    wait("Argo CD forgets it", partial(_remembered, system, commit), seconds=90)
    config = str(system.cluster.kubeconfig)
    said = system.repository.promote("status", "production", "--live", "--kubeconfig", config).out
    assert f"says that it has applied {commit[:12]}, but the last commit that it applied as a whole is" in said
    clone.write(OVERLAY, text)
    begin = time.monotonic()
    commit, images = system.release(ENGINE)
    wait_until_running(system.api, NAMESPACE, images)
    report(f"Argo CD: the first good commit after broken ones runs after {time.monotonic() - begin:.0f} s")
    system.settle(commit)
    assert system.api.find("v1", "ConfigMap", "stray", "default") is None
    assert system.api.find("v1", "Secret", "stray", NAMESPACE) is None


def _accepted(system: System[ArgoCD], commit: str, message: str) -> str | None:
    _compare_again(system, commit)
    status = system.engine.application("production").get("status", {})
    operation = status.get("operationState", {})
    said = [each["message"] for each in status.get("conditions", [])]
    if operation.get("syncResult", {}).get("revision") == commit:
        results = operation["syncResult"].get("resources", [])
        said += [each.get("message", "") for each in results if each.get("status") == "SyncFailed"]
    return None if any(message in each for each in said) else f"{operation.get('phase')} {said}"


def _unreported(system: System[ArgoCD], commit: str, alerts: list[dict[str, str]]) -> str | None:
    _compare_again(system, commit)
    # The last sync may have tried it before it was compared.
    reported = {each["application"] for each in alerts if commit in (each["revision"], each["tried"])}
    return None if reported == {NAMESPACE} else str(alerts)


def _compare_again(system: System[ArgoCD], commit: str) -> None:
    """Have a commit compared again if Argo CD says that it is applied, which none of the broken ones can be.

    Argo CD 3.6 keeps the result of a comparison that failed, as if nothing differed, and the next one reads it: from
    then on, the environment is Synced (https://github.com/argoproj/argo-cd/issues/28722). A hard refresh does not.
    """
    sync = system.engine.application("production")["status"]["sync"]
    if (sync["status"], sync["revision"]) == ("Synced", commit):
        system.engine.refresh("production", "hard")


def _remembered(system: System[ArgoCD], commit: str) -> str | None:
    status = system.engine.application("production")["status"]
    sync = status["sync"]
    if (sync["status"], sync["revision"], status["operationState"]["phase"]) == ("Synced", commit, "Succeeded"):
        return None
    # Another object that changes has the environment compared, with what is known of the rest.
    other = system.live("apps/v1", "Deployment", "redis-exporter")
    system.api.merge(other, {"metadata": {"annotations": {"changed": str(time.monotonic())}}})
    return f"{sync['status']}, {status['operationState']['phase']}"


PROJECT = "delivery/argocd/appproject.yaml"


def test_during_a_freeze_no_commit_is_applied_and_afterwards_it_is(system: System[ArgoCD]) -> None:
    before, begun = system.running(), system.engine.operation("production")["startedAt"]
    system.repository.pull()
    system.freeze(*FROZEN)
    system.repository.promote("windows", PROJECT, "--write")
    _give_windows(system)
    commit, images = system.release(OCR)
    # Argo CD decides about a sync before it reports a comparison.
    wait("the commit is compared", partial(_uncompared, system, commit), seconds=60)
    system.engine.refresh("production", "hard")
    assert _uncompared(system, commit) is None
    system.freeze(*THAWED)
    system.repository.promote("windows", PROJECT, "--write")
    commit = system.repository.push("the freeze is over")
    # This commit changes no object. If the window opened earlier, Argo CD could sync the release at the commit
    # before, and this one would get no sync.
    wait("the commit is compared", partial(_uncompared, system, commit), seconds=60)
    assert system.engine.operation("production")["startedAt"] == begun
    assert system.running() == before
    _give_windows(system)
    wait("the sync begins", partial(_frozen, system, commit), seconds=60)
    wait_until_running(system.api, NAMESPACE, images)
    system.settle(commit)


def _frozen(system: System[ArgoCD], commit: str) -> str | None:
    # A window that opens starts no comparison: without this, the sync begins at the next one, minutes later.
    system.engine.refresh("production")
    return _not_begun(system, commit)


def _give_windows(system: System[ArgoCD]) -> None:
    """Bring the windows of the clone into the cluster, as docs/gates.md says."""
    system.api.apply(system.repository.delivery("argocd").one("AppProject", "mediq"), manager="kubectl")


def _uncompared(system: System[ArgoCD], commit: str) -> str | None:
    sync = system.engine.application("production")["status"]["sync"]
    return None if (sync["status"], sync["revision"]) == ("OutOfSync", commit) else f"{sync['status']} {commit}"


@pytest.mark.parametrize("name", [REPO_SERVER, CONTROLLER, REDIS, "kube-apiserver", "etcd"])
def test_a_release_survives_a_fault(system: System[ArgoCD], report: Report, name: str) -> None:
    own = name in (REPO_SERVER, CONTROLLER, REDIS)
    process = system.engine.process(name) if own else system.cluster.process(name)
    begun = None if name == REPO_SERVER else partial(_not_begun, system)
    gone, later = system.release_through_a_fault(process, (OCR, USER), begun)
    report(f"Argo CD: {name} is back after {gone:.0f} s, and the release runs {later:.0f} s later")


def test_a_promotion_survives_that_promote_and_then_gitea_are_killed(system: System[ArgoCD], report: Report) -> None:
    system.repository.pull()
    image = system.repository.set_image("staging", OCR, "2.1.0", digest("2.1.0"))
    system.repository.push("stage 2.1.0")
    only = ("staging", "production", "--only", "ocr-service")
    child = system.repository.clone.start(*only, env=system.repository.environ)
    wait("the branch is pushed", lambda: None if _proposed(system) else "no branch", seconds=60)
    child.kill()
    child.communicate()
    begin = time.monotonic()
    number = system.repository.promote(*only, "--output", "json").json["pull_request"]["number"]
    server = system.repository.host.process
    server.kill()
    assert "127.0.0.1" in system.repository.promote("merge", str(number), code=6).err
    server.restart()
    back = time.monotonic()
    commit = system.repository.promote("merge", str(number), "--output", "json").json["commit"]
    wait_until_running(system.api, NAMESPACE, {OCR: image})
    end = time.monotonic()
    report(f"Argo CD: a promotion that was killed runs {end - begin:.0f} s after it is started again")
    report(f"Argo CD: Gitea was killed in the middle of it, and it runs {end - back:.0f} s after Gitea is back")
    system.settle(commit)


def _proposed(system: System[ArgoCD]) -> bool:
    return bool(system.repository.clone.git("ls-remote", "origin", "refs/heads/promote/*"))


def test_an_environment_runs_on_without_its_application(system: System[ArgoCD]) -> None:
    before = system.running(), system.claims()
    application = system.engine.application("production")
    system.api.delete(application)
    gone = partial(system.api.find, programs.TYPE, "Application", NAMESPACE, programs.NAMESPACE)
    wait("the Application is gone", lambda: "there" if gone() else None, seconds=60)
    assert (system.running(), system.claims()) == before
