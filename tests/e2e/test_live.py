"""What promote says of a running cluster, with the account of delivery/reader, which may only read.

The engines' objects are made by hand, with what Argo CD and Flux were seen to write into them; no engine runs in the
cluster.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest

from promote.kustomize import render as kustomize
from tests.e2e.api import Api, Object, Refused
from tests.e2e.cluster import TOOLS, Cluster
from tests.e2e.kubelet import NEVER_READY
from tests.e2e.process import wait
from tests.integration import sandbox
from tests.integration.cluster_objects import application, kustomization
from tests.integration.sandbox import Outcome, Sandbox
from tests.manifests.render import REPOSITORY, render

PATH = "overlays/production"
ENGINES = ("argocd", "flux-system")
NUMBERS = itertools.count(1)
DIGEST = f"sha256:{NEVER_READY}{'0' * 60}"


@pytest.fixture(scope="module")
def read(cluster: Cluster) -> Cluster:
    """A control plane with the kinds of both engines, and with the reader's accounts."""
    cluster.define("argoproj.io", "kustomize.toolkit.fluxcd.io", "source.toolkit.fluxcd.io", "cert-manager.io")
    # By a manager of its own: another one may have applied the namespaces with all that they have.
    for name in (*ENGINES, "mediq-staging", "mediq-production"):
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        cluster.api.apply(namespace, manager="live")
    for engine in ("argocd", "flux"):
        for each in render(REPOSITORY / "delivery/reader" / engine).objects:
            cluster.api.apply(each, manager="live")
    return cluster


@dataclass(frozen=True)
class Site:
    """The tiny repository, whose production has a namespace of its own in the cluster."""

    cluster: Cluster
    clone: Sandbox
    namespace: str
    folder: Path
    applied: list[Object] = field(default_factory=list)

    @property
    def api(self) -> Api:
        return self.cluster.api

    def kubeconfig(self, token: str, **changes: str) -> Path:
        """What leads to the cluster with a token."""
        content = json.loads(self.cluster.kubeconfig.read_text())
        content["users"][0]["user"] = {"token": token}
        content["clusters"][0]["cluster"] |= changes
        path = self.folder / "kubeconfig"
        path.write_text(json.dumps(content))
        return path

    def token(self, engine: str = "argocd") -> str:
        """A token of the reader."""
        path = f"/api/v1/namespaces/{engine}/serviceaccounts/promote-reader/token"
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
        return str(self.api.request("POST", path, body).content["status"]["token"])

    def promote(self, *arguments: str, code: int = 0, token: str = "", **changes: str) -> Outcome:
        """Run promote as the reader; the token may be in nothing that it prints, and nothing may be a bug."""
        secret = token or self.token()
        config = str(self.kubeconfig(secret, **changes))
        done = self.clone.promote(*arguments, "--kubeconfig", config, code=code)
        assert secret not in done.out + done.err
        assert "Traceback" not in done.err
        return done

    def live(self, code: int = 0, engine: str = "argocd") -> Any:
        arguments = ("status", "production", "--live", "--output", "json")
        return self.promote(*arguments, code=code, token=self.token(engine)).json

    def health(self, check: str, code: int = 0) -> dict[str, tuple[str, str]]:
        """By object, the state and the detail of one check."""
        found = self.promote("health", "production", "--output", "json", code=code).json
        return {row["subject"]: (row["state"], row["detail"]) for row in found["checks"][check]}

    def apply(self) -> None:
        """Apply what the shared branch says of production, as an engine does."""
        self.clone.git("pull", "--quiet", "--rebase", "origin", "main")
        for document in kustomize.kustomize(self.clone.root / PATH, "production").documents:
            self.api.apply(dict(document.content))

    def ready(self, name: str, image: str) -> None:
        """Wait until the ready pods of a Deployment run an image."""
        wait(f"{name} runs {image}", lambda: self._other(name, image), seconds=60)

    def _other(self, name: str, image: str) -> str | None:
        live = self.api.find("apps/v1", "Deployment", name, self.namespace) or {}
        counts = [live.get("status", {}).get(key) for key in ("replicas", "updatedReplicas", "availableReplicas")]
        images = [one["image"] for one in live["spec"]["template"]["spec"]["containers"]] if live else []
        return None if counts == [1, 1, 1] and images == [image] else f"{counts} {images}"

    def bump(self, old: str, new: str) -> str:
        """Another version of one service reaches production in Git; the commit."""
        self.clone.replace(f"{PATH}/kustomization.yaml", f'"{old}"', new if "\n" in new else f'"{new}"')
        return self.clone.publish(f"bump {new[:20]}")

    def put(self, version: str, kind: str, item: Object) -> None:
        """Create an object with its status, or replace it."""
        found = {"apiVersion": version, "kind": kind, **item}
        self.api.delete(found)
        wait("it is gone", lambda: "there" if self.api.find(version, kind, *_name(found)) else None, seconds=30)
        made = self.api.create({key: value for key, value in found.items() if key != "status"}).content
        if "status" in item:
            subresource = "" if kind == "Application" else "/status"
            status = {**item["status"]}
            if "observedGeneration" in status:
                status["observedGeneration"] = made["metadata"]["generation"]
            self.api.merge(found, {"status": status}, subresource=subresource)
        self.applied.append(found)

    def application(self, revision: str, **status: Any) -> None:
        """What Argo CD writes about production."""
        made = application(PATH, revision, name=self.namespace, status=status)
        operation = {"operation": {}, "startedAt": "2026-01-01T00:00:00Z", "phase": "Succeeded"}
        made["status"]["operationState"] = operation | made["status"]["operationState"]
        made["status"]["operationState"].pop("syncResult", None)
        made["status"].pop("history", None)
        made["spec"]["project"] = "shop"
        self.put("argoproj.io/v1alpha1", "Application", made)

    def kustomization(self, name: str, revision: str, **changes: Any) -> None:
        """What Flux writes about production, or about a tier of it."""
        made = kustomization(f"./{PATH}", revision, name=f"{self.namespace}-{name}", **changes)
        made["metadata"].pop("generation")
        made["spec"] |= {"interval": "10m", "prune": True}
        for one in made["status"]["conditions"]:
            one |= {"message": one.get("message", ""), "lastTransitionTime": "2026-01-01T00:00:00Z"}
        self.put("kustomize.toolkit.fluxcd.io/v1", "Kustomization", made)


def _name(item: Object) -> tuple[str, str]:
    return item["metadata"]["name"], item["metadata"]["namespace"]


@pytest.fixture
def site(read: Cluster, tmp_path: Path) -> Iterator[Site]:
    """Both services run what the shared branch says."""
    env = sandbox.environment(tmp_path) | {"PROMOTE_TOOLS": str(TOOLS / "bin")}
    sandbox.write_tiny(tmp_path / "clone")
    namespace = f"shop-{next(NUMBERS)}"
    overlay = tmp_path / "clone" / PATH / "kustomization.yaml"
    overlay.write_text(overlay.read_text().replace("shop-production", namespace))
    sandbox.create(tmp_path, env)
    made = Site(read, Sandbox(tmp_path / "clone", env), namespace, tmp_path)
    made.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    for engine in ENGINES:
        made.api.apply(_binding(namespace, engine))
    wait(
        "the account appears",
        lambda: None if made.api.find("v1", "ServiceAccount", "default", namespace) else "not",
        seconds=30,
    )
    made.apply()
    made.ready("api", "shop/api:1.1.0")
    made.ready("web", "shop/web:2.0.0")
    yield made
    for each in made.applied:
        made.api.delete(each)


def _binding(namespace: str, engine: str) -> Object:
    """The reader's permissions in a namespace, as delivery/reader grants them in those of MediQ."""
    [found] = [
        one
        for one in render(REPOSITORY / "delivery/reader" / engine.removesuffix("-system")).kind("RoleBinding")
        if one["metadata"]["namespace"] == "mediq-production"
    ]
    return {**found, "metadata": {"name": f"promote-reader-{engine}", "namespace": namespace}}


def test_the_reader_may_only_read(site: Site) -> None:
    reader = Api(site.kubeconfig(site.token()))
    assert [one["metadata"]["name"] for one in reader.list("apps/v1", "Deployment", site.namespace)] == ["api", "web"]
    with pytest.raises(Refused, match=r"cannot list resource .secrets"):
        reader.list("v1", "Secret", site.namespace)
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": site.namespace},
    }
    with pytest.raises(Refused, match=r"cannot patch resource .deployments"):
        reader.merge(deployment, {"spec": {"replicas": 0}})
    reader.close()


def test_what_git_says_runs(site: Site) -> None:
    found = site.live()
    assert (found["differences"], found["unhealthy"]) == ([], [])
    assert [one["running"] for one in found["workloads"]] == [{"shop/api:1.1.0": 1}, {"shop/web:2.0.0": 1}]
    # This account may read what Argo CD says, and Argo CD does not deliver this folder.
    assert found["notes"] == [f"the objects of flux may not be read, so nobody knows whether it delivers {PATH}"]
    assert site.health("pods") == {
        "Deployment/api": ("ok", "1 of 1 pods ready"),
        "Deployment/web": ("ok", "1 of 1 pods ready"),
    }


def test_argo_cd_synced_at_the_new_commit_while_the_old_images_run(site: Site) -> None:
    tip = site.bump("1.1.0", "1.2.0")
    site.application(tip)
    assert site.live(code=1)["differences"] == [
        f"Application/{site.namespace} is Synced at {tip[:12]}, and yet not what Git says runs",
        "Deployment/api: 1 of 1 ready pods run shop/api:1.1.0, Git says shop/api:1.2.0",
    ]
    said = site.promote("deploy", "production", "--timeout", "1", code=1).out
    assert "Deployment/api: 1 of 1 ready pods run shop/api:1.1.0" in said
    site.apply()
    said = site.promote("deploy", "production", "--timeout", "60").out
    assert f"production runs what {tip[:12]} says" in said
    assert site.live()["differences"] == []


def test_argo_cd_with_a_failed_operation(site: Site) -> None:
    site.application(
        site.clone.tip(),
        sync={"status": "OutOfSync", "revision": site.clone.tip()},
        health={"status": "Degraded"},
        operationState={"phase": "Failed", "message": "one or more synchronization tasks completed unsuccessfully"},
    )
    found = site.live(code=1)
    assert found["differences"][0].startswith(f"Application/{site.namespace}: it has failed (OutOfSync)")
    assert found["unhealthy"] == [
        f"Application/{site.namespace}: operation Failed: one or more synchronization tasks completed unsuccessfully",
        f"Application/{site.namespace}: it is Degraded, and does not say why: see `promote health`",
    ]
    assert site.health("sync", code=1)[f"Application/{site.namespace}"][0] == "failed"


def test_flux_ready_at_the_old_commit(site: Site) -> None:
    old = site.clone.tip()
    site.kustomization("first", old)
    site.kustomization("second", old, spec={"dependsOn": [{"name": f"{site.namespace}-first"}]})
    assert site.live(engine="flux-system")["differences"] == []
    new = site.bump("1.1.0", "1.2.0")
    site.kustomization("first", new)
    assert site.live(code=1, engine="flux-system")["differences"] == [
        "Deployment/api: 1 of 1 ready pods run shop/api:1.1.0, Git says shop/api:1.2.0",
        f"Kustomization/{site.namespace}-second: it has applied {old[:12]}, not {new[:12]}",
    ]


def test_flux_with_a_failed_health_check(site: Site) -> None:
    reason, message = "HealthCheckFailed", "health check failed: Job/migrate status: 'Failed'"
    failed = {"type": "Ready", "status": "False", "reason": reason, "message": message}
    site.kustomization("first", site.clone.tip(), status={"conditions": [failed]})
    found = site.live(code=1, engine="flux-system")
    assert found["differences"] == [f"Kustomization/{site.namespace}-first: it has failed ({reason})"]
    assert found["unhealthy"] == [f"Kustomization/{site.namespace}-first: {reason}: {message}"]


def test_a_pod_that_is_never_ready(site: Site) -> None:
    site.bump("1.1.0", f'"1.2.0"\n    digest: {DIGEST}')
    site.apply()
    wait("a pod is not ready", lambda: None if _unready(site) else "none", seconds=60)
    found = site.live(code=1)
    assert [one.split(", Git")[0] for one in found["differences"]] == [
        "Deployment/api: 1 of 1 ready pods run shop/api:1.1.0"
    ]
    [pod] = _unready(site)
    assert any(one.startswith(f"Pod/{pod}: ") for one in found["unhealthy"])
    rows = site.health("pods", code=1)
    assert rows[f"Pod/{pod}"][0] == rows["Deployment/api"][0] == "failed"
    said = site.promote("deploy", "production", "--timeout", "1", code=1).out
    assert f"Pod/{pod}: " in said


def _unready(site: Site) -> list[str]:
    found = site.api.list("v1", "Pod", site.namespace)
    states = {one["metadata"]["name"]: one["status"].get("conditions") or [] for one in found}
    return [
        name
        for name, each in states.items()
        if any((one["type"], one["status"]) == ("Ready", "False") for one in each)
    ]


def test_a_service_without_endpoints_an_unbound_claim_and_an_autoscaler_without_metrics(site: Site) -> None:
    metadata = {"name": "broken", "namespace": site.namespace}
    ports = [{"port": 80}]
    site.put("v1", "Service", {"metadata": metadata, "spec": {"selector": {"app": "nobody"}, "ports": ports}})
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "none",
        "resources": {"requests": {"storage": "1Gi"}},
    }
    site.put("v1", "PersistentVolumeClaim", {"metadata": metadata, "spec": claim})
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
    scaler = {"metadata": metadata, "spec": {"scaleTargetRef": target, "maxReplicas": 3}}
    site.put("autoscaling/v2", "HorizontalPodAutoscaler", scaler)

    def unseen() -> str | None:
        live = site.api.find("autoscaling/v2", "HorizontalPodAutoscaler", "broken", site.namespace) or {}
        types = {one["type"]: one["status"] for one in live.get("status", {}).get("conditions") or []}
        return None if types.get("ScalingActive") == "False" else str(types)

    wait("the autoscaler looks for metrics", unseen, seconds=60)
    assert site.health("services", code=1)["Service/broken"] == ("failed", "no ready endpoints")
    assert site.health("claims", code=1)["PersistentVolumeClaim/broken"] == ("failed", "Pending; storage class none")
    state, detail = site.health("autoscalers", code=1)["HorizontalPodAutoscaler/broken"]
    assert (state, "FailedGetResourceMetric" in detail) == ("failed", True)


def test_a_certificate_that_was_never_issued(site: Site) -> None:
    assert site.health("certificates") == {}
    spec = {"secretName": "tls", "dnsNames": ["shop.example"], "issuerRef": {"name": "none"}}
    status = {"conditions": [{"type": "Ready", "status": "False", "reason": "DoesNotExist", "message": "no issuer"}]}
    metadata = {"name": "tls", "namespace": site.namespace}
    site.put("cert-manager.io/v1", "Certificate", {"metadata": metadata, "spec": spec, "status": status})
    assert site.health("certificates", code=1) == {
        "Certificate/tls": ("failed", "never issued; DoesNotExist: no issuer")
    }


def test_a_promotion_waits_until_its_versions_run(site: Site) -> None:
    before, done = site.clone.tip(), threading.Event()

    def follow() -> None:
        while site.clone.tip() == before and not done.wait(0.2):
            pass
        site.apply()

    follower = threading.Thread(target=follow)
    follower.start()
    try:
        said = site.promote("staging", "production", "--auto-merge", "--wait", "--timeout", "120").out
    finally:
        done.set()
        follower.join()
    assert f"production runs what {site.clone.tip()[:12]} says" in said
    site.ready("api", "shop/api:1.2.0")
    site.ready("web", "shop/web:2.1.0")


COMMANDS = (("status", "production", "--live"), ("health", "production"), ("deploy", "production", "--timeout", "1"))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one[0])
def test_an_api_server_that_cannot_be_reached(site: Site, command: tuple[str, ...]) -> None:
    said = site.promote(*command, code=6, server="https://127.0.0.1:1").err
    assert "cannot reach the API server 127.0.0.1:1 (context e2e): connection refused" in said


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one[0])
def test_a_token_that_is_expired_or_invalid(site: Site, command: tuple[str, ...]) -> None:
    for token in (_expired(site), "nonsense-that-nobody-issued"):
        said = site.promote(*command, code=6, token=token).err
        assert "its token or certificate is expired or invalid" in said


def _expired(site: Site) -> str:
    """A token that the API server has issued, and that ended an hour ago."""
    token, past = site.token(), int(time.time()) - 3600
    claims = jwt.decode(token, options={"verify_signature": False})
    key = (site.cluster.folder / "sa.key").read_bytes()
    old = claims | {"iat": past - 60, "nbf": past - 60, "exp": past}
    return jwt.encode(old, key, "RS256", headers={"kid": jwt.get_unverified_header(token)["kid"]})


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one[0])
def test_a_namespace_that_is_forbidden(site: Site, command: tuple[str, ...]) -> None:
    for engine in ENGINES:
        site.api.delete(_binding(site.namespace, engine))
    wait("the permission ends", lambda: _allowed(site), seconds=30)
    said = site.promote(*command, code=6).err
    assert f"does not allow to list pods in the namespace {site.namespace}" in said
    assert "delivery/reader" in said


def _allowed(site: Site) -> str | None:
    reader = Api(site.kubeconfig(site.token()))
    try:
        reader.list("v1", "Pod", site.namespace)
    except Refused:
        return None
    finally:
        reader.close()
    return "allowed"
