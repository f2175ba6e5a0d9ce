"""The runbook names objects, containers and ports that both environments have; `make e2e` types its commands."""

from __future__ import annotations

import re
import shlex
import string
from pathlib import Path

import pytest

from promote.cli import arguments
from tests.manifests.commands import DEBUG_POD, RUNBOOK, Command, commands
from tests.manifests.render import ENVIRONMENTS, NAME, WORKLOADS, containers, labels, overlay, pod_template

KUBECTL = commands(RUNBOOK, "kubectl")
LOOKS = {"describe", "get", "logs", "rollout", "top"}
TOUCHES = {"create", "delete", "edit", "exec", "port-forward"}
CLUSTER = ("kubectl drain ", "kubectl taint nodes ", "kubectl uncordon ")
# What is described, edited or deleted by a name of its own. A Secret is rendered as what it is unsealed from.
NAMED = {"networkpolicy": "NetworkPolicy", "secret": "SealedSecret"}
KINDS = {"cronjob": "CronJob", "deployment": "Deployment", "service": "Service", "statefulset": "StatefulSet"}
# What each promise of troubleshooting begins with.
PROMISED = {
    116: "kubectl describe pod ",
    117: "kubectl get endpointslices ",
    118: "kubectl logs -n $NS deployment/user-service ",
    119: "kubectl top pods ",
    120: "kubectl run debug ",
    121: "kubectl exec -it -n $NS mysql-0 ",
    122: "kubectl exec -it -n $NS redis-0 ",
    123: "kubectl port-forward -n $NS service/rabbitmq-service 15672",
}


@pytest.mark.parametrize("row", PROMISED)
def test_the_runbook_says_what_was_promised(row: int) -> None:
    said = KUBECTL + commands(DEBUG_POD, "kubectl")
    assert [each for each in said if each.text.startswith(PROMISED[row])] != []


def test_every_command_asks_in_the_environment_that_is_meant() -> None:
    for text in (command.text for command in KUBECTL if not command.text.startswith(CLUSTER)):
        words = shlex.split(text)
        assert words[1] in LOOKS | TOUCHES, text
        assert words[words.index("-n") + 1] == "$NS", text


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_a_command_names_is_there(environment: str) -> None:
    rendered = overlay(environment)
    for text in (command.text for command in KUBECTL):
        for kind, name, port in re.findall(rf"\b({'|'.join(KINDS)})/([a-z-]+)(?: (\d+))?", text):
            item = rendered.one(KINDS[kind], name)
            assert not port or int(port) in {each["port"] for each in item["spec"]["ports"]}, text
        for name in re.findall(rf"-l {NAME}=([a-z-]+)", text):
            assert any(labels(each).get(NAME) == name for each in rendered.objects), text
        for name, number, container in re.findall(r" ([a-z]+)-(\d)(?: -c ([a-z]+))?", text):
            workload = rendered.one("StatefulSet", name)
            assert int(number) < workload["spec"]["replicas"], text
            assert container in {"", *(each["name"] for each in containers(workload))}, text


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_a_command_describes_or_deletes_is_there(environment: str) -> None:
    rendered = overlay(environment)
    found = set()
    for text in (command.text for command in KUBECTL):
        for kind, name in re.findall(rf" ({'|'.join(NAMED)}) -n \$NS ([a-z][a-z-]+)", text):
            found.add(rendered.one(NAMED[kind], name)["kind"])
        for claim, workload in re.findall(r" pvc -n \$NS ([a-z]+)-([a-z]+)-\d", text):
            templates = rendered.one("StatefulSet", workload)["spec"]["volumeClaimTemplates"]
            assert claim in {each["metadata"]["name"] for each in templates}, text
            found.add("claim")
        for several in re.findall(rf"{NAME} in \(([^)]+)\)", text):
            for name in several.split(","):
                found.add(rendered.one("StatefulSet", name)["kind"])
    assert found == {*NAMED.values(), "claim", "StatefulSet"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_file_that_a_command_reads_is_on_a_volume(environment: str) -> None:
    parts = [part for each in overlay(environment).kind(*WORKLOADS) for part in containers(each)]
    volumes = {mount["mountPath"] for part in parts for mount in part.get("volumeMounts", ())}
    texts = " ".join(command.text for command in KUBECTL)
    # The container runtime makes the last one.
    files = set(re.findall(r"[ =](/[\w./-]+)", texts)) - {"/etc/resolv.conf"}
    assert len(files) > 2
    for path in files:
        assert str(Path(path).parent) in volumes, path


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_pods_are_found_by_the_name_of_their_workload(environment: str) -> None:
    for workload in overlay(environment).kind("Deployment", "StatefulSet"):
        assert labels(pod_template(workload))[NAME] == workload["metadata"]["name"]


@pytest.mark.parametrize("command", commands(RUNBOOK, "promote"), ids=lambda command: command.text)
def test_promote_understands_every_command(command: Command) -> None:
    text = string.Template(command.text).substitute(ENV="staging", NAME="user-service")
    assert arguments.parse(shlex.split(text)[1:]).verb in {"history", "rollback"}
