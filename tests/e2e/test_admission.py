"""What the API server lets in and what it refuses, and that the policies of this repository agree with it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.api import Api, Object, Refused
from tests.e2e.cluster import Cluster
from tests.e2e.environments import Environment, condition, group
from tests.e2e.pods import generated, hardened
from tests.e2e.process import wait
from tests.manifests.render import REPOSITORY, name_of, render
from tests.manifests.variants import COVERING, Variant, Workshop
from tests.policies.evaluation import evaluate
from tests.policies.test_pod_security_standard import STANDARD

VIOLATION = "violates PodSecurity"
INVALID = 422
FORBIDDEN = 403
# On no package registry; tools/schemas holds what promote check knows of them.
WITHOUT_DEFINITION = {"gateway.nginx.org"}
HARDENING = frozenset({"workloads.read_only_root", "workloads.resources", "workloads.service_account_token"})
COMMANDS = re.findall(
    r"^```sh\n(.*?)^```$",
    (REPOSITORY / "components/debug-pod/README.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)


def _verdict(api: Api, pod: Object, namespace: str) -> str | None:
    """Why the standard forbids a pod, or None; Refused where the pod is no pod at all."""
    try:
        api.create({**pod, "metadata": {**pod["metadata"], "namespace": namespace}}, dryRun="All")
    except Refused as refusal:
        if refusal.status == FORBIDDEN and VIOLATION in refusal.message:
            return refusal.message
        raise
    return None


def _verdicts(api: Api, pods: list[Object], namespace: str) -> dict[str, str | None]:
    """The verdict on each pod by its name, without those that contradict themselves."""
    found = {}
    for pod in pods:
        try:
            found[name_of(pod)] = _verdict(api, pod, namespace)
        except Refused as refusal:
            if refusal.status != INVALID:
                raise
    return found


def test_a_root_pod_is_rejected(environment: Environment) -> None:
    pod = hardened("root")
    assert _verdict(environment.api, pod, environment.namespace) is None
    pod["spec"]["securityContext"]["runAsUser"] = 0
    message = _verdict(environment.api, pod, environment.namespace)
    assert message is not None
    assert 'violates PodSecurity "restricted:v1.35": runAsUser=0' in message


def test_a_field_that_kubernetes_does_not_know_is_refused(environment: Environment) -> None:
    pod = hardened("unknown")
    pod["spec"]["securtyContext"] = {}
    with pytest.raises(Refused, match=r'unknown field "spec\.securtyContext"'):
        _verdict(environment.api, pod, environment.namespace)


@pytest.fixture
def restricted(environments: dict[str, Environment], cluster: Cluster) -> Iterator[str]:
    """A namespace with the labels of ours, and neither quota nor limits."""
    [namespace] = environments["production"].kind("Namespace")
    name = f"restricted-{uuid4().hex[:6]}"
    made = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": namespace["metadata"]["labels"]},
    }
    cluster.api.create(made)
    wait(name, lambda: None if cluster.api.find("v1", "ServiceAccount", "default", name) else "none", seconds=30)
    yield name
    cluster.api.delete(made)


def test_the_policies_deny_what_the_api_server_rejects(restricted: str, cluster: Cluster, tmp_path: Path) -> None:
    pods = generated(restricted)
    rejected = _verdicts(cluster.api, pods, restricted)
    judged = [pod for pod in pods if name_of(pod) in rejected]
    report = evaluate(judged, tmp_path, only=STANDARD)
    assert report.documents == len(judged)
    refusals = {name for name, reason in rejected.items() if reason}
    assert len(judged) >= 100
    assert len(judged) / 5 < len(refusals) < len(judged) * 4 / 5
    denied = {found.name for found in report.findings if found.level == "deny"}
    too_lax = {name: rejected[name] for name in refusals - denied}
    too_strict = {found.name: found.message for found in report.findings if found.name not in refusals}
    assert (too_lax, too_strict) == ({}, {})


def _kubectl(cluster: Cluster, command: str) -> str:
    """Run a command of the documentation as a shell does; a warning is an answer too."""
    done = subprocess.run(
        ["bash", "-euc", command],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "KUBECONFIG": str(cluster.kubeconfig),
            "PATH": f"{cluster.program('kubectl').parent}:{os.environ['PATH']}",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def _documented(environment: Environment, start: str, pod: str = "") -> str:
    """A documented command for an environment, without the terminal that only a kubelet could offer."""
    command: str
    [command] = [each for each in COMMANDS if each.startswith(start)]
    changes = {" --rm": "", " -it": "", "-- bash": "-- sleep 600", "mediq-staging": environment.namespace, "POD": pod}
    for old, new in changes.items():
        command = command.replace(old, new)
    return command


def test_the_documented_debug_pod_is_admitted_and_runs(environment: Environment, tmp_path: Path) -> None:
    api = environment.api
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "debug", "namespace": environment.namespace}}
    try:
        assert _kubectl(environment.cluster, _documented(environment, "kubectl run")) == "pod/debug created\n"
        wait("debug", lambda: None if condition(api.get(pod), "Ready") else "not ready", seconds=30)
        assert evaluate([api.get(pod)], tmp_path, only=STANDARD | HARDENING).findings == ()
    finally:
        api.delete(pod)
    wait("debug", lambda: "there" if api.find("v1", "Pod", "debug", environment.namespace) else None, seconds=30)


@pytest.mark.parametrize("variant", COVERING, ids=lambda names: names[0])
def test_what_components_render_is_admitted(environment: Environment, variant: Variant, tmp_path: Path) -> None:
    names = tuple(each.replace("ENV", environment.name) for each in variant)
    objects = render(Workshop(tmp_path).overlay(environment.name, names)).objects
    environment.cluster.define(*{group(each) for each in objects})
    known = [each for each in objects if group(each) not in WITHOUT_DEFINITION]
    assert len(known) < len(objects) or "edge-gateway" not in names
    warnings = [each for item in known for each in environment.api.apply(item, dryRun="All").warnings]
    assert warnings == []


def test_the_debug_pod_of_the_seed_needs_its_override(environment: Environment) -> None:
    command = f"kubectl run debug -n {environment.namespace} --image=nicolaka/netshoot -- bash"
    assert VIOLATION in _kubectl(environment.cluster, command)


def test_the_documented_debug_container_is_admitted(environment: Environment) -> None:
    api = environment.api
    pod = api.list("v1", "Pod", environment.namespace, labelSelector="app.kubernetes.io/component=service")[0]
    said = _kubectl(environment.cluster, _documented(environment, "kubectl debug", name_of(pod)))
    assert not {"Warning", "Error", "error"} & set(re.findall(r"\w+", said)), said
    [container] = api.get(pod)["spec"]["ephemeralContainers"]
    assert container["targetContainerName"] == "server"
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    api.delete(pod)
    environment.wait(environment.kind("Deployment"))
