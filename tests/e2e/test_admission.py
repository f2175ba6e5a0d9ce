"""What the API server lets in and what it refuses of what this repository documents and renders."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.admission import VIOLATION, Judge
from tests.e2e.api import Refused
from tests.e2e.cluster import Cluster
from tests.e2e.environments import Environment, condition, group
from tests.e2e.kubectl import shell
from tests.e2e.pods import hardened
from tests.e2e.process import wait
from tests.manifests.commands import DEBUG_POD, commands
from tests.manifests.render import name_of, render
from tests.manifests.variants import COVERING, Variant, Workshop
from tests.policies.evaluation import evaluate
from tests.policies.test_pod_security_standard import STANDARD

# On no package registry; tools/schemas holds what promote check knows of them.
WITHOUT_DEFINITION = {"gateway.nginx.org"}
HARDENING = frozenset({"workloads.read_only_root", "workloads.resources", "workloads.service_account_token"})
COMMANDS = commands(DEBUG_POD, "kubectl")


def test_a_root_pod_is_rejected(environment: Environment) -> None:
    pod = hardened("root")
    assert Judge(environment.api, environment.namespace).verdict(pod) is None
    pod["spec"]["securityContext"]["runAsUser"] = 0
    message = Judge(environment.api, environment.namespace).verdict(pod)
    assert message is not None
    assert 'violates PodSecurity "restricted:v1.35": runAsUser=0' in message


def test_a_field_that_kubernetes_does_not_know_is_refused(environment: Environment) -> None:
    pod = hardened("unknown")
    pod["spec"]["securtyContext"] = {}
    with pytest.raises(Refused, match=r'unknown field "spec\.securtyContext"'):
        Judge(environment.api, environment.namespace).verdict(pod)


def _kubectl(cluster: Cluster, command: str) -> str:
    """All that a command says; a warning is an answer too."""
    said = shell(cluster, command)
    return said.output + said.complaints


def _documented(environment: Environment, start: str, pod: str = "") -> str:
    """A documented command for an environment, without the terminal that only a kubelet could offer."""
    command: str
    [command] = [each.text for each in COMMANDS if each.text.startswith(start)]
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
    # By force: without KEDA in the variant, an autoscaler has the name of one that KEDA has made here.
    applied = [environment.api.apply(item, dryRun="All", force="true") for item in known]
    warnings = [each for one in applied for each in one.warnings]
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
