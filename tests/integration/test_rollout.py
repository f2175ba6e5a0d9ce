from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from promote.cluster import resources
from promote.engines import argocd
from promote.live import rollout
from promote.system import clock
from tests.integration.cluster_objects import application, argo, deployment, fluxcd, kustomization, pod, run
from tests.integration.cluster_server import TOKEN, ClusterServer, Object
from tests.integration.sandbox import Outcome, Sandbox
from tests.integration.test_status_live import IMAGES, NAMESPACE, PATH, Shop

NEW = {"api": "shop/api:1.2.0", "web": "shop/web:2.1.0"}
LATE = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too late"}


@pytest.fixture
def shop(tiny: Sandbox, tmp_path: Path) -> Iterator[Shop]:
    with ClusterServer() as server:
        made = Shop(tiny, server, tmp_path)
        made.run()
        yield made
    assert server.violations == []


class Time:
    """A clock that moves only where somebody waits; `then` happens at each wait, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.then: list[Callable[[], object]] = []
        monkeypatch.setattr(clock, "pause", self._pause)
        monkeypatch.setattr(clock, "elapsed", lambda: self.now)

    def _pause(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds
        if self.then:
            self.then.pop(0)()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


def _run(shop: Shop, *arguments: str, code: int = 0) -> Outcome:
    done = shop.sandbox.promote(*arguments, "--kubeconfig", str(shop.server.kubeconfig(shop.folder)), code=code)
    assert TOKEN not in done.out + done.err
    return done


def _deploy(shop: Shop, *arguments: str, code: int = 0) -> Outcome:
    return _run(shop, "deploy", "production", *arguments, code=code)


def _promote(shop: Shop, *arguments: str, code: int = 0) -> Outcome:
    return _run(shop, "staging", "production", "--auto-merge", "--wait", *arguments, code=code)


@pytest.mark.quick
def test_deploy_waits_until_the_images_run_and_the_engine_is_there(shop: Shop, time: Time) -> None:
    old = shop.sandbox.tip()
    shop.sandbox.replace(f"{PATH}/kustomization.yaml", '"1.1.0"', '"1.2.0"')
    tip = shop.sandbox.publish("bump api")
    argo(shop.server, application(PATH, old))
    time.then = [
        lambda: shop.server.put(argocd.APPLICATIONS, application(PATH, tip)),
        lambda: shop.run(api=NEW["api"]),
    ]
    assert f"production runs what {tip[:12]} says, after 10 s" in _deploy(shop).out


def test_deploy_ends_at_its_time_limit_and_says_what_is_missing(shop: Shop, time: Time) -> None:
    waits = [{"name": "api", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}}]
    broken = pod(
        "api-1-0", IMAGES["api"], f"{NAMESPACE}-api-1", ready=False, namespace=NAMESPACE, containerStatuses=waits
    )
    shop.server.put(resources.PODS, broken)
    shop.server.put(resources.DEPLOYMENTS, deployment("api", IMAGES["api"], namespace=NAMESPACE, availableReplicas=0))
    said = _deploy(shop, "--timeout", "30", code=1).out
    assert time.now == 30
    assert "Deployment/api: no pod is ready" in said
    assert "Pod/api-1-0: container api waits: ImagePullBackOff: not found" in said
    found = _deploy(shop, "--timeout", "0", "--output", "json", code=1).json
    assert (found["deployed"], found["missing"]) == (False, ["Deployment/api: no pod is ready"])


@pytest.mark.quick
def test_a_rollout_that_is_not_complete_is_waited_for(shop: Shop, time: Time) -> None:
    shop.server.put(resources.DEPLOYMENTS, deployment("api", IMAGES["api"], namespace=NAMESPACE, replicas=2))
    time.then = [shop.run]
    _deploy(shop)
    assert time.now == 5


@pytest.mark.quick
def test_a_server_that_stops_answering_is_asked_again(shop: Shop, time: Time) -> None:
    shop.server.put(resources.DEPLOYMENTS, deployment("api", IMAGES["api"], namespace=NAMESPACE, replicas=2))

    def recover() -> None:
        shop.server.status = 0
        shop.run()

    time.then = [lambda: setattr(shop.server, "status", 503), recover]
    _deploy(shop)
    assert time.now == 10


@pytest.mark.quick
def test_a_server_that_stays_away_ends_with_6(shop: Shop, time: Time) -> None:
    shop.server.put(resources.DEPLOYMENTS, deployment("api", IMAGES["api"], namespace=NAMESPACE, replicas=2))
    time.then = [lambda: setattr(shop.server, "status", 503)]
    assert "it answered 503" in _deploy(shop, "--timeout", "20", code=6).err


def test_a_promotion_waits_for_its_own_images_only(shop: Shop, time: Time) -> None:
    stuck = deployment("other", "other:1", namespace=NAMESPACE, availableReplicas=0)
    shop.server.put(resources.DEPLOYMENTS, stuck)
    time.then = [lambda: shop.run(**NEW)]
    said = _promote(shop, "--timeout", "60").out
    assert time.now == 5
    assert f"production runs what {shop.sandbox.tip()[:12]} says" in said


def test_a_promotion_that_does_not_run_in_time_is_partly_done(shop: Shop, time: Time) -> None:
    done = _promote(shop, "--only", "api", "--timeout", "60", "--output", "json", code=7).json
    assert done["rollout"]["missing"] == ["Deployment/api: 1 of 1 ready pods run shop/api:1.1.0"]
    assert time.now == 60
    shop.run(api=NEW["api"])
    again = _promote(shop, "--only", "api", "--timeout", "60").out
    assert "nothing to do" in again
    assert "production runs what" in again


@pytest.mark.quick
def test_synced_and_healthy_is_no_proof(shop: Shop, time: Time) -> None:
    shop.sandbox.replace(f"{PATH}/kustomization.yaml", '"1.1.0"', '"1.2.0"')
    argo(shop.server, application(PATH, shop.sandbox.publish("bump api")))
    said = _deploy(shop, "--timeout", "20", code=1).out
    assert "Deployment/api: 1 of 1 ready pods run shop/api:1.1.0" in said


def test_the_cluster_of_promote_yaml_is_asked(shop: Shop, time: Time) -> None:
    shop.sandbox.replace("promote.yaml", f"{PATH}}}", f"{PATH}, cluster: {{context: test}}}}")
    shop.sandbox.publish("name the cluster")
    time.then = [lambda: shop.run(**NEW)]
    config = str(shop.server.kubeconfig(shop.folder))
    done = shop.sandbox.promote("staging", "production", "--auto-merge", "--wait", env={"KUBECONFIG": config})
    assert "production runs what" in done.out


def test_a_cluster_that_does_not_answer_after_the_merge_is_partly_done(shop: Shop) -> None:
    shop.server.status = 503
    assert "production has the versions in Git, but then: " in _promote(shop, code=7).err


def _failing(shop: Shop, image: str) -> Object:
    """The Job of Git, failed."""
    return {
        "metadata": {"namespace": NAMESPACE, "name": "migrate"},
        "spec": {"template": {"spec": {"containers": [{"name": "migrate", "image": image}]}}},
        "status": {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]},
    }


@pytest.fixture
def migrating(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Production has a migration, whose Job has failed; few looks suffice to see how long that is tolerated."""
    monkeypatch.setattr(rollout, "_POLL", 45.0)
    pods = "{containers: [{name: migrate, image: shop/api}], restartPolicy: Never}"
    job = f"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: migrate}}\nspec: {{template: {{spec: {pods}}}}}\n"
    shop.sandbox.write("base/migrate.yaml", job)
    shop.sandbox.replace("base/kustomization.yaml", "[deployments.yaml]", "[deployments.yaml, migrate.yaml]")
    shop.sandbox.publish("migrate")
    shop.server.put(resources.JOBS, _failing(shop, IMAGES["api"]))
    return shop


def test_a_job_that_failed_for_good_ends_the_wait_early(migrating: Shop, time: Time) -> None:
    fluxcd(migrating.server, _not_ready(migrating.sandbox.tip()))
    said = _deploy(migrating, code=1).out
    assert 90 <= time.now <= 100
    assert "Job/migrate failed: BackoffLimitExceeded" in said
    assert "Kustomization/shop: HealthCheckFailed: Job/migrate failed" in said


def _not_ready(commit: str, status: str = "False") -> Object:
    ready = {"type": "Ready", "status": status, "reason": "HealthCheckFailed", "message": "Job/migrate failed"}
    return kustomization(
        f"./{PATH}", commit, status={"conditions": [ready], "lastAppliedRevision": "main@sha1:" + "1" * 40}
    )


@pytest.mark.parametrize("reason", ["the engine has not tried this commit yet", "the engine still tries"])
def test_a_failure_that_may_pass_is_waited_for(migrating: Shop, time: Time, reason: str) -> None:
    tried = migrating.sandbox.at_origin("rev-parse", "main~1") if "not" in reason else migrating.sandbox.tip()
    fluxcd(migrating.server, _not_ready(tried, "False" if "not" in reason else "Unknown"))
    _deploy(migrating, "--timeout", "120", code=1)
    assert time.now == 120


def test_the_failed_job_of_an_older_commit_does_not_count(migrating: Shop, time: Time) -> None:
    migrating.server.put(resources.JOBS, _failing(migrating, "shop/api:1.0.0"))
    _deploy(migrating)
    assert time.now == 0


def test_a_rollout_that_is_over_its_deadline_ends_the_wait_early(
    shop: Shop, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollout, "_POLL", 45.0)
    late = deployment("api", IMAGES["api"], namespace=NAMESPACE, conditions=[LATE])
    shop.server.put(resources.DEPLOYMENTS, late)
    said = _deploy(shop, code=1).out
    assert 90 <= time.now <= 100
    assert "Deployment/api: ProgressDeadlineExceeded: too late" in said


def test_an_operation_that_failed_ends_the_wait_early(
    shop: Shop, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollout, "_POLL", 45.0)
    status: Any = {
        "operationState": {"phase": "Failed", "syncResult": {"revision": shop.sandbox.tip()}, "message": "no"}
    }
    argo(shop.server, application(PATH, shop.sandbox.tip(), status=status))
    assert "Application/shop: operation Failed: no" in _deploy(shop, code=1).out
    assert 90 <= time.now <= 100


def test_a_commit_that_cannot_be_rendered_is_not_waited_for(shop: Shop, time: Time) -> None:
    shop.sandbox.replace(f"{PATH}/kustomization.yaml", "../../base", "../../bse")
    shop.sandbox.publish("break production")
    assert "cannot be rendered" in _deploy(shop, code=1).out
    assert time.now == 0


def test_a_newer_commit_is_waited_for_instead(shop: Shop, time: Time) -> None:
    shop.sandbox.replace(f"{PATH}/kustomization.yaml", '"1.1.0"', '"1.2.0"')
    shop.sandbox.publish("bump api")

    def supersede() -> None:
        shop.sandbox.replace(f"{PATH}/kustomization.yaml", '"1.2.0"', '"1.3.0"')
        shop.sandbox.publish("bump api again")
        shop.run(api="shop/api:1.3.0")

    time.then = [supersede]
    said = _deploy(shop).out
    assert f"production runs what {shop.sandbox.tip()[:12]} says" in said
    assert 30 <= time.now <= 40


def test_images_that_no_workload_runs_are_not_said_to_run(migrating: Shop, time: Time) -> None:
    migrating.sandbox.replace("base/migrate.yaml", "shop/api", "shop/migrate")
    for name, tag in (("staging", "2"), ("production", "1")):
        entry = f'  - name: shop/migrate\n    newTag: "{tag}"\n'
        migrating.sandbox.replace(f"overlays/{name}/kustomization.yaml", "images:\n", f"images:\n{entry}")
    migrating.sandbox.publish("migrate with an image of its own")
    said = _promote(migrating, "--only", "migrate").out
    assert "nothing that keeps running has these images" in said


def test_what_runs_without_pods_is_judged_by_its_template(shop: Shop, time: Time) -> None:
    run(shop.server, {"api": IMAGES["api"]}, namespace=NAMESPACE, replicas=0)
    shop.server.objects[resources.PODS] = [
        one for one in shop.server.objects[resources.PODS] if "web" in one["metadata"]["name"]
    ]
    _deploy(shop)
    run(shop.server, {"api": "shop/api:0.9.0"}, namespace=NAMESPACE, replicas=0)
    said = _deploy(shop, "--timeout", "0", code=1).out
    assert "it has no pods, and its template wants shop/api:0.9.0" in said
