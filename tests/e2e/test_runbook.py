"""Every kubectl command of the runbook, typed as it stands there, in both environments.

Looking is done for real. What would change something is given to the server as a dry run. Logs, commands in
containers and forwarded ports go to KWOK by way of the API server, as to a kubelet. `kubectl top` gets there by way
of the metrics server.
"""

from __future__ import annotations

import re
import shlex
import string
import subprocess
from collections.abc import Iterator

import pytest
import urllib3

from tests.e2e.environments import Environment, job_of
from tests.e2e.kubectl import settings, shell
from tests.e2e.kubelet import LINE
from tests.e2e.metrics import wait_for_usage
from tests.e2e.process import wait
from tests.manifests.commands import RUNBOOK, Command, commands
from tests.manifests.render import NAME, name_of

# Which workload a section is about; the others are about any.
SUBJECTS = {
    "A RabbitMQ node is cut off": "rabbitmq",
    "A Redis node lost its volume": "redis",
    "MysqlReplicationStopped": "mysql",
    "mysql-0 does not come back": "mysql",
    "RabbitmqPartition": "rabbitmq",
    "RedisClusterDegraded": "redis",
    "RedisDown": "redis",
    "RedisLinkDown": "redis",
    "VolumeAlmostFull": "prometheus",
}
ANY = "user-service"
# What several sections say of the same workload is typed once.
KUBECTL = {(each.text, SUBJECTS.get(each.section, ANY)): each for each in commands(RUNBOOK, "kubectl")}.values()
DRY_RUN = {"create", "delete", "drain", "taint", "uncordon"}
# What kubectl says to people in any case.
HARMLESS = (
    "Defaulted container",
    "Edit cancelled, no changes made.",
    "Found ",
    "Warning: ignoring DaemonSet-managed Pods",
    "Unable to use a TTY - input is not a terminal",
)
# Nothing waits in a healthy environment.
PENDING = "kubectl get pods -n $NS --field-selector status.phase=Pending"
NOTHING = "No resources found in {} namespace."


@pytest.fixture
def variables(environment: Environment, command: Command) -> Iterator[dict[str, str]]:
    """What a reader would put in the place of each variable, with a Job as the night would bring it."""
    api, name = environment.api, SUBJECTS.get(command.section, ANY)
    pods = api.list("v1", "Pod", environment.namespace, labelSelector=f"{NAME}={name}")
    claims = api.list("v1", "PersistentVolumeClaim", environment.namespace)
    schedules = {name_of(each): each for each in environment.kind("CronJob")}
    about = re.search(rf"{NAME}=([a-z-]+)", command.text)
    schedule = about[1] if about and about[1] in schedules else "mysql-backup"
    job = job_of(api.get(schedules[schedule]))
    asked = "job" in command.text or schedule != "mysql-backup"
    if asked:
        api.create(job)
        environment.wait([job])
    yield {
        "NS": environment.namespace,
        "NAME": name,
        "SERVICE": ANY,
        "POD": name_of(pods[0]),
        "NODE": pods[0]["spec"]["nodeName"],
        "CONTAINER": pods[0]["spec"]["containers"][0]["name"],
        "ZONE": "zone-a",
        "JOB": name_of(job),
        "CRONJOB": schedule,
        "PASSWORD": "secret",
        "ACCOUNT": "probe",
        "NEW": "another-secret",
        "CLAIM": name_of(claims[0]),
    }
    if asked:
        api.delete(job)


@pytest.mark.parametrize("command", KUBECTL, ids=lambda command: f"{command.section}: {command.text}")
def test_a_command_of_the_runbook_works(
    environment: Environment, command: Command, variables: dict[str, str]
) -> None:
    verb = shlex.split(command.text)[1]
    if verb == "port-forward":
        _assert_forwarded(environment, command.text, variables)
        return
    if verb == "top":
        wait_for_usage(environment.api, environment.namespace)
    if command.text == PENDING:
        # A pod that runs by the clock waits for a moment.
        wait("no pod waits", lambda: str(_waiting(environment)) if _waiting(environment) else None, seconds=30)
    said = shell(environment.cluster, command.text + (" --dry-run=server" if verb in DRY_RUN else ""), variables)
    complaints = "\n".join(line for line in said.complaints.splitlines() if not _is_harmless(line))
    assert said.code == 0, said
    assert complaints == (NOTHING.format(environment.namespace) if command.text == PENDING else "")
    assert (LINE in said.output) == (verb == "logs")
    if verb == "exec":
        last = string.Template(command.text.rpartition(" -- ")[2]).substitute(variables)
        assert said.output == " ".join(shlex.split(last)) + "\n"
    assert said.output or said.complaints


def _waiting(environment: Environment) -> list[str]:
    pods = environment.api.list("v1", "Pod", environment.namespace, fieldSelector="status.phase=Pending")
    return [name_of(each) for each in pods]


def _is_harmless(line: str) -> bool:
    # A drain asks more often at once than kubectl likes, and notes each wait with a time in front.
    return line.startswith(HARMLESS) or "client-side throttling" in line


def _assert_forwarded(environment: Environment, command: str, variables: dict[str, str]) -> None:
    """The command opens a way to the port that it names; here it starts at a port that nobody uses."""
    port = command.rpartition(" ")[2]
    free = f"exec {command.removesuffix(port)}:{port}"
    with subprocess.Popen(
        ["bash", "-euc", free],
        env=settings(environment.cluster, variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as forwarding:
        try:
            assert forwarding.stdout is not None
            said = forwarding.stdout.readline()
            address = re.fullmatch(rf"Forwarding from (127\.0\.0\.1:\d+) -> {port}\n", said)
            assert address is not None, said
            with urllib3.PoolManager(retries=False, timeout=10.0) as pool:
                assert pool.request("GET", f"http://{address[1]}/healthz").status == 200
        finally:
            forwarding.terminate()
