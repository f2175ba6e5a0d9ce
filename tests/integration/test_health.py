from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from promote.cluster import resources
from promote.cluster.resources import Resource
from promote.engines.argocd import APPLICATIONS
from promote.health import certificates
from promote.system import clock
from tests.integration.cluster_objects import application, argo, deployment, pod
from tests.integration.cluster_server import TOKEN, ClusterServer, Object
from tests.integration.sandbox import Outcome, Sandbox
from tests.integration.test_status_live import IMAGES, NAMESPACE, PATH, Shop

pytestmark = pytest.mark.quick


def _meta(name: str, **more: Any) -> Object:
    return {"namespace": NAMESPACE, "name": name, **more}


def _slice(service: str, *pods: str, ready: bool = True) -> Object:
    endpoints = [
        {"addresses": [f"10.0.0.{n}"], "conditions": {"ready": ready}, "targetRef": {"name": each}}
        for n, each in enumerate(pods)
    ]
    labels = {"kubernetes.io/service-name": service}
    return {"metadata": _meta(f"{service}-4", labels=labels), "endpoints": endpoints}


def _service(name: str) -> Object:
    return {"metadata": _meta(name), "spec": {"selector": {"app": name}}}


@pytest.fixture
def shop(tiny: Sandbox, tmp_path: Path) -> Iterator[Shop]:
    """Something of every kind, all of it healthy."""
    with ClusterServer() as server:
        made = Shop(tiny, server, tmp_path)
        made.run()
        argo(server, application(PATH, tiny.tip()))
        server.put(resources.SERVICES, _service("api"), {"metadata": _meta("outside"), "spec": {}})
        server.put(resources.ENDPOINT_SLICES, _slice("api", "api-1-0"))
        yield made
    assert server.violations == []


def _health(shop: Shop, *arguments: str, code: int = 0) -> Outcome:
    config = str(shop.server.kubeconfig(shop.folder))
    done = shop.sandbox.promote("health", "production", "--kubeconfig", config, *arguments, code=code)
    assert TOKEN not in done.out + done.err
    return done


def _rows(shop: Shop, check: str, code: int = 0) -> list[tuple[str, str, str]]:
    found = _health(shop, "--output", "json", code=code).json
    assert found["healthy"] is (code == 0)
    return [(row["subject"], row["state"], row["detail"]) for row in found["checks"][check]]


@pytest.mark.slow
def test_a_healthy_environment(shop: Shop) -> None:
    said = _health(shop).out
    assert "  ok  Deployment/api  1 of 1 pods ready" in said.splitlines()
    assert said.splitlines()[-1] == "production is healthy: 1 unknown, 4 ok"
    assert _rows(shop, "services") == [("Service/api", "ok", "1 ready endpoints")]
    assert _rows(shop, "sync") == [("Application/shop", "ok", f"Synced, Healthy at {shop.sandbox.tip()[:12]}")]


def test_a_broken_pod(shop: Shop) -> None:
    waits = [{"name": "api", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]
    broken = pod(
        "api-1-0", IMAGES["api"], f"{NAMESPACE}-api-1", ready=False, namespace=NAMESPACE, containerStatuses=waits
    )
    shop.server.put(resources.PODS, broken)
    shop.server.put(resources.DEPLOYMENTS, deployment("api", IMAGES["api"], namespace=NAMESPACE, availableReplicas=0))
    assert _rows(shop, "pods", code=1) == [
        ("Deployment/api", "failed", "0 of 1 pods ready; 0 of 1 pods are available"),
        ("Pod/api-1-0", "failed", "container api waits: CrashLoopBackOff"),
        ("Deployment/web", "ok", "1 of 1 pods ready"),
    ]
    assert "production is NOT healthy: 2 failed" in _health(shop, code=1).out


def test_an_empty_namespace_is_not_healthy(shop: Shop) -> None:
    shop.server.objects[resources.DEPLOYMENTS].clear()
    assert _rows(shop, "pods", code=1) == [
        ("Deployment/api", "failed", "it is not in the cluster"),
        ("Deployment/web", "failed", "it is not in the cluster"),
    ]


def test_a_service_without_ready_endpoints(shop: Shop) -> None:
    shop.server.put(resources.ENDPOINT_SLICES, _slice("api", "api-1-0", ready=False))
    assert _rows(shop, "services", code=1) == [("Service/api", "failed", "no ready endpoints")]


@pytest.mark.slow
def test_a_data_store_that_waits(shop: Shop) -> None:
    store = deployment("mysql", "mysql:8.4", 3, namespace=NAMESPACE, updatedReplicas=1)
    shop.server.put(resources.STATEFUL_SETS, store)
    assert _rows(shop, "datastores", code=1) == [
        ("StatefulSet/mysql", "failed", "0 of 3 pods ready; 1 of 3 pods are of the newest template")
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("owner", "state", "code"), [("none", "failed", 1), ("CronJob", "warning", 0)])
def test_a_job_that_failed(shop: Shop, owner: str, state: str, code: int) -> None:
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}
    spec: Object = {"template": {"spec": {"containers": []}}}
    metadata = _meta("migrate", ownerReferences=[{"kind": owner, "uid": "u"}])
    shop.server.put(resources.JOBS, {"metadata": metadata, "spec": spec, "status": {"conditions": [failed]}})
    assert _rows(shop, "jobs", code) == [("Job/migrate", state, "failed: BackoffLimitExceeded: too often")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("memory", "state", "detail"),
    [
        ("512Mi", "ok", "cpu 0.25 of 2 (12%), memory 512Mi of 1.0Gi (50%)"),
        ("1000Mi", "warning", "cpu 0.25 of 2 (12%), memory 1000Mi of 1.0Gi (98%); nearly all of its memory: api-1-0"),
    ],
)
def test_usage_of_the_limits(shop: Shop, memory: str, state: str, detail: str) -> None:
    made = pod("api-1-0", IMAGES["api"], f"{NAMESPACE}-api-1", namespace=NAMESPACE, container="api")
    made["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "2", "memory": "1Gi"}}
    shop.server.put(resources.PODS, made)
    usage = [{"name": "api", "usage": {"cpu": "250m", "memory": memory}}]
    shop.server.put(resources.POD_METRICS, {"metadata": _meta("api-1-0"), "containers": usage})
    assert _rows(shop, "usage") == [("Deployment/api", state, detail)]


@pytest.mark.slow
def test_an_autoscaler_without_metrics(shop: Shop) -> None:
    def scaler(**condition: str) -> Object:
        status = {"currentReplicas": 3, "conditions": [condition]}
        return {"metadata": _meta("api"), "spec": {"minReplicas": 3, "maxReplicas": 10}, "status": status}

    name = "HorizontalPodAutoscaler/api"
    missing = {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": "none"}
    shop.server.put(resources.AUTOSCALERS, scaler(**missing))
    assert _rows(shop, "autoscalers", code=1) == [(name, "failed", "3 pods, 3 to 10; FailedGetResourceMetric: none")]
    shop.server.put(resources.AUTOSCALERS, scaler(type="ScalingLimited", status="True", reason="TooManyReplicas"))
    assert _rows(shop, "autoscalers") == [(name, "warning", "3 pods, 3 to 10; it wants more than its maximum")]
    shop.server.put(resources.AUTOSCALERS, scaler(type="ScalingActive", status="True"))
    assert _rows(shop, "autoscalers") == [(name, "ok", "3 pods, 3 to 10")]


def test_an_unbound_claim(shop: Shop) -> None:
    claim = {"metadata": _meta("data-0"), "spec": {"storageClassName": "ssd"}, "status": {"phase": "Pending"}}
    shop.server.put(resources.CLAIMS, claim)
    assert _rows(shop, "claims", code=1) == [("PersistentVolumeClaim/data-0", "failed", "Pending; storage class ssd")]
    claim["status"] = {"phase": "Bound", "capacity": {"storage": "20Gi"}}
    assert _rows(shop, "claims") == [("PersistentVolumeClaim/data-0", "ok", "Bound, 20Gi")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ready", "end", "state", "code"),
    [
        ("True", "2999-01-01T00:00:00Z", "ok", 0),
        ("True", "2001-01-01T00:00:00Z", "failed", 1),
        ("False", "2999-01-01T00:00:00Z", "failed", 1),
    ],
)
def test_certificates(shop: Shop, ready: str, end: str, state: str, code: int) -> None:
    status = {"notAfter": end, "conditions": [{"type": "Ready", "status": ready, "reason": "R"}]}
    shop.server.put(resources.CERTIFICATES, {"metadata": _meta("tls"), "status": status})
    [(name, found, detail)] = _rows(shop, "certificates", code)
    assert (name, found, detail.split(";")[0]) == ("Certificate/tls", state, f"until {end}")


@pytest.mark.slow
def test_a_certificate_that_ends_soon_is_a_warning(shop: Shop) -> None:
    end = clock.now() + certificates._SOON / 2
    status = {"notAfter": end.strftime("%Y-%m-%dT%H:%M:%SZ"), "conditions": [{"type": "Ready", "status": "True"}]}
    shop.server.put(resources.CERTIFICATES, {"metadata": _meta("tls"), "status": status})
    assert [state for _, state, _ in _rows(shop, "certificates")] == ["warning"]


@pytest.mark.slow
def test_what_is_not_installed_or_may_not_be_read_is_unknown(shop: Shop) -> None:
    assert _rows(shop, "certificates") == [("cert-manager.io", "unknown", "not installed")]
    shop.server.forbidden.add(("pods", NAMESPACE))
    # The pods of metrics.k8s.io have the same plural: it is the list of pods that is refused first.
    assert "does not allow to list pods in the namespace shop-production" in _health(shop, code=6).err


@pytest.mark.slow
def test_a_sync_that_failed(shop: Shop) -> None:
    broken = application(PATH, shop.sandbox.tip(), status={"operationState": {"phase": "Failed", "message": "no"}})
    argo(shop.server, broken)
    [(name, state, detail)] = _rows(shop, "sync", code=1)
    assert (name, state) == ("Application/shop", "failed")
    assert detail.endswith("; operation Failed: no")


@pytest.mark.slow
def test_an_unsafe_setting_is_a_warning(shop: Shop) -> None:
    argo(shop.server, application(PATH, shop.sandbox.tip()), timeout="")
    assert [(name, state) for name, state, _ in _rows(shop, "sync")] == [
        ("Application/shop", "ok"),
        ("argocd", "warning"),
    ]


@pytest.mark.slow
def test_watch_looks_again_until_it_is_interrupted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = iter((lambda: shop.server.put(resources.ENDPOINT_SLICES, _slice("api")), lambda: None))

    def pause(seconds: float) -> None:
        assert seconds == 7
        next(steps, _interrupt)()

    monkeypatch.setattr(clock, "pause", pause)
    done = _health(shop, "--watch", "--interval", "7", code=130)
    verdicts = [line.split(":")[0] for line in done.out.splitlines() if line.startswith("production is ")]
    assert verdicts == ["production is healthy", *["production is NOT healthy"] * 2]
    assert "interrupted" in done.err


@pytest.mark.slow
def test_watch_survives_a_server_that_does_not_answer(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = iter((503, 0))

    def pause(_: float) -> None:
        shop.server.status = next(steps, -1)
        if shop.server.status < 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(clock, "pause", pause)
    said = _health(shop, "--watch", code=130).out
    assert said.count("production is healthy") == 2
    assert "it answered 503" in said


def _interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.parametrize(
    ("resource", "keys", "value"),
    [
        (resources.DEPLOYMENTS, ("metadata", "generation"), "x"),
        (resources.PODS, ("status", "containerStatuses"), ["x"]),
        (resources.PODS, ("metadata", "name"), {"a": "b"}),
        (resources.REPLICA_SETS, ("metadata", "ownerReferences"), 5),
        (resources.SERVICES, ("spec",), ["x"]),
        (resources.ENDPOINT_SLICES, ("endpoints",), ["x"]),
        (APPLICATIONS, ("spec",), []),
        (APPLICATIONS, ("status", "sync"), "x"),
    ],
)
def test_an_object_in_a_form_that_nobody_knows_is_no_bug(
    shop: Shop, resource: Resource, keys: Sequence[str], value: Any
) -> None:
    within = shop.server.objects[resource][0]
    for key in keys[:-1]:
        within = within[key]
    within[keys[-1]] = value
    said = _health(shop, code=6).err
    assert "the cluster sends an object in a form that promote does not know (" in said
    assert "Traceback" not in said
