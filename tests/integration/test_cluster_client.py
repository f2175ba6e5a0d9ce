from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from promote.cluster import resources, workloads
from promote.cluster.client import Address, Cluster
from promote.errors import ClusterError, Forbidden, NotServed
from tests.integration.cluster_objects import deployment, pod, run
from tests.integration.cluster_server import TOKEN, ClusterServer

pytestmark = pytest.mark.quick


@pytest.fixture
def server() -> Iterator[ClusterServer]:
    with ClusterServer() as started:
        yield started
    assert started.violations == []


@pytest.fixture
def cluster(server: ClusterServer, tmp_path: Path) -> Iterator[Cluster]:
    connected = Cluster(Address(str(server.kubeconfig(tmp_path))))
    yield connected
    connected.close()


@pytest.mark.slow
def test_a_long_list_is_read_to_its_end(server: ClusterServer, cluster: Cluster) -> None:
    server.put(resources.PODS, *(pod(f"web-{number:04}", "web:1", "x") for number in range(1001)))
    assert len(cluster.items(resources.PODS, "shop")) == 1001
    assert len(server.reads) == 3


@pytest.mark.slow
def test_the_pods_of_a_deployment_are_those_of_its_replica_sets(server: ClusterServer, cluster: Cluster) -> None:
    run(server, {"web": "shop/web:1", "cart": "shop/cart:2"}, replicas=2)
    server.put(resources.PODS, pod("stray", "shop/web:1", "nobody"))
    found = {one.name: one for one in workloads.read(cluster, "shop")}
    assert {name: [each.name for each in one.pods] for name, one in found.items()} == {
        "web": ["web-1-0", "web-1-1"],
        "cart": ["cart-1-0", "cart-1-1"],
    }
    assert [one.pending for one in found.values()] == ["", ""]
    assert found["web"].images == {"web": "shop/web:1"}


@pytest.mark.parametrize(
    ("status", "pending"),
    [
        ({"observedGeneration": 0}, "its controller has not seen the newest template yet"),
        ({"updatedReplicas": 1}, "1 of 2 pods are of the newest template"),
        ({"replicas": 3}, "1 pod of an older template left"),
        ({"availableReplicas": 0}, "0 of 2 pods are available"),
        (
            {"conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]},
            "ProgressDeadlineExceeded: ",
        ),
    ],
)
def test_a_rollout_says_what_it_waits_for(
    server: ClusterServer, cluster: Cluster, status: dict[str, Any], pending: str
) -> None:
    run(server, {"web": "shop/web:1"})
    server.put(resources.DEPLOYMENTS, deployment("web", "shop/web:1", 2, **status))
    [found] = workloads.read(cluster, "shop")
    assert found.pending == pending


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (
            {"containerStatuses": [{"name": "server", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
            "container server waits: CrashLoopBackOff",
        ),
        (
            {
                "containerStatuses": [
                    {"name": "server", "state": {"terminated": {"reason": "OOMKilled", "exitCode": 9}}}
                ]
            },
            "container server ended: OOMKilled, exit code 9",
        ),
        (
            {
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "full"}
                ]
            },
            "Unschedulable: full",
        ),
        ({"reason": "Evicted", "message": "the node is full"}, "Evicted: the node is full"),
        ({"phase": "Pending", "conditions": [], "containerStatuses": []}, "it is Pending"),
    ],
)
def test_a_pod_says_why_it_is_not_ready(
    server: ClusterServer, cluster: Cluster, status: dict[str, Any], problem: str
) -> None:
    server.put(resources.PODS, pod("web", "web:1", "x", ready=False, **status))
    [found] = workloads.pods(cluster, "shop")
    assert (found.ready, found.problem) == (False, problem)


def test_what_is_not_there_is_not_an_error_but_an_unknown_kind_is(server: ClusterServer, cluster: Cluster) -> None:
    server.serve(resources.PODS)
    assert cluster.items(resources.PODS, "shop") == []
    assert cluster.get(resources.PODS, "shop", "web") is None
    with pytest.raises(NotServed, match=r"does not serve certificates\.cert-manager\.io"):
        cluster.items(resources.CERTIFICATES, "shop")


def test_a_refusal_says_what_to_do(server: ClusterServer, cluster: Cluster) -> None:
    server.forbidden.add(("pods", "shop"))
    with pytest.raises(Forbidden, match=r"list pods in the namespace shop .*delivery/reader") as refusal:
        cluster.items(resources.PODS, "shop")
    assert TOKEN not in str(refusal.value)


def test_an_expired_token_is_named_as_such(server: ClusterServer, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="its token or certificate is expired or invalid") as refusal:
        Cluster(Address(str(server.kubeconfig(tmp_path, token="an-old-one")))).items(resources.PODS, "shop")  # noqa: S106
    assert "an-old-one" not in str(refusal.value)


def test_an_unreachable_server_is_named_with_its_context(tmp_path: Path) -> None:
    with ClusterServer() as gone:
        path = gone.kubeconfig(tmp_path)
    with pytest.raises(ClusterError, match=r"cannot reach .*127\.0\.0\.1:\d+ \(context test\): connection refused"):
        Cluster(Address(str(path))).items(resources.PODS, "shop")


def test_a_failing_server_is_not_taken_for_an_empty_one(server: ClusterServer, cluster: Cluster) -> None:
    server.status = 503
    with pytest.raises(ClusterError, match="answered 503"):
        cluster.items(resources.PODS, "shop")


def test_a_missing_file_and_a_missing_context_are_named(server: ClusterServer, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="there is no kubeconfig /nowhere/config"):
        Cluster(Address("/nowhere/config")).items(resources.PODS, "shop")
    with pytest.raises(ClusterError, match="has no context 'tst'; did you mean 'test'"):
        Cluster(Address(str(server.kubeconfig(tmp_path)), "tst")).items(resources.PODS, "shop")


def test_a_broken_file_shows_no_token(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    content = {
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "test",
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
        # One level too high: the client names the whole entry.
        "users": [{"name": "u", "token": TOKEN}],
    }
    path.write_text(json.dumps(content))
    with pytest.raises(ClusterError, match=r"the context 'test' .* is not valid") as refusal:
        Cluster(Address(str(path))).items(resources.PODS, "shop")
    assert TOKEN not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None


def test_a_login_program_that_fails_is_named(server: ClusterServer, tmp_path: Path) -> None:
    path = server.kubeconfig(tmp_path)
    content = json.loads(path.read_text())
    content["users"][0]["user"] = {
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "false", "interactiveMode": "Never"}
    }
    path.write_text(json.dumps(content))
    with pytest.raises(ClusterError, match=r"the program that logs in to the context 'test' .* failed"):
        Cluster(Address(str(path))).items(resources.PODS, "shop")
