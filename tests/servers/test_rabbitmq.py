"""Configuration, topology and scripts of base/rabbitmq, tried with a real cluster of three.

4.3 runs in the pods. So it does here where tools/unpack-rabbitmq.sh could unpack it; else Debian's 3.10 stands in.
"""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.manifests.commands import RUNBOOK, commands
from tests.manifests.render import REPOSITORY
from tests.ports import free_ports
from tests.servers import objects
from tests.servers.broker import FOLDER, IS_CURRENT, MEMORY_LIMIT, PROGRAMS, SEARCHED, SECRET, Node
from tests.servers.runbook import follow
from tests.servers.servers import PATH, attempt, needs, run, server, wait_until

QUEUES = {"user_service_queue": "user.*", "ocr_service_queue": "ocr.*", "patient_queue_service_queue": "queue.*"}
pytestmark = needs("rabbitmq-server", "epmd", "rclone", str(PROGRAMS / "rabbitmq-server"))


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Node]]:
    folder = tmp_path_factory.mktemp("rabbitmq")
    (epmd,) = free_ports(1)
    members = [Node.with_ports(each, folder / str(each), epmd) for each in range(3)]
    with ExitStack() as stack:
        environment = {"PATH": SEARCHED, "ERL_EPMD_PORT": str(epmd), "ERL_EPMD_ADDRESS": "127.0.0.1"}
        stack.enter_context(server("epmd", environment=environment, log=folder / "epmd.log"))
        wait_until(lambda: attempt("epmd", "-names", environment=environment).returncode == 0, "epmd answers")
        for node in members:
            node.prepare()
            start = (PROGRAMS / "rabbitmq-server",)
            stack.enter_context(server(*start, environment=node.environment, log=node.home / "log"))
        for node in members:
            wait_until(node.is_running, f"{node.name} runs", seconds=120, log=node.home / "log")
        yield members


def test_the_three_find_one_another_without_an_api(nodes: list[Node]) -> None:
    for node in nodes:
        assert {each["name"] for each in node.ask("nodes")} == {each.name for each in nodes}
        assert node.ask("cluster-name")["name"] == "mediq"


def test_each_queue_is_a_quorum_of_all_three(nodes: list[Node]) -> None:
    queues = {each["name"]: each for each in nodes[0].ask("queues/mediq")}
    assert queues.keys() == {*QUEUES, "mediq_dead_letters"}
    for queue in queues.values():
        assert queue["type"] == "quorum"
        assert set(queue["members"]) == {node.name for node in nodes}, queue["name"]


def test_messages_arrive_where_their_key_says(nodes: list[Node]) -> None:
    for number, (queue, pattern) in enumerate(QUEUES.items()):
        key = pattern.replace("*", "created")
        publish = {"properties": {}, "routing_key": key, "payload": queue, "payload_encoding": "string"}
        answer = nodes[number].ask("exchanges/mediq/mediq_exchange/publish", "mediq", publish, "POST")
        assert answer == {"routed": True}
        get = {"count": 5, "ackmode": "ack_requeue_false", "encoding": "auto"}
        (message,) = nodes[0].ask(f"queues/mediq/{queue}/get", "mediq", get, "POST")
        assert (message["payload"], message["exchange"]) == (queue, "mediq_exchange")
    stray = publish | {"routing_key": "nobody.cares"}
    assert nodes[0].ask("exchanges/mediq/mediq_exchange/publish", "mediq", stray, "POST") == {"routed": False}


def test_a_rejected_message_is_kept(nodes: list[Node]) -> None:
    publish = {"properties": {}, "routing_key": "ocr.x", "payload": "bad", "payload_encoding": "string"}
    nodes[0].ask("exchanges/mediq/mediq_exchange/publish", "mediq", publish, "POST")
    reject = {"count": 1, "ackmode": "reject_requeue_false", "encoding": "auto"}
    nodes[0].ask("queues/mediq/ocr_service_queue/get", "mediq", reject, "POST")
    get = {"count": 5, "ackmode": "ack_requeue_false", "encoding": "auto"}
    dead = "queues/mediq/mediq_dead_letters"
    wait_until(lambda: nodes[0].ask(dead).get("messages", 0) == 1, "the dead letter arrives")
    found = nodes[0].ask(f"{dead}/get", body=get, method="POST")
    assert [each["payload"] for each in found] == ["bad"]


def test_the_services_account_does_what_it_must_and_no_more(nodes: list[Node]) -> None:
    queue = {"durable": True, "auto_delete": False, "arguments": {"x-queue-type": "quorum"}}
    nodes[0].ask("queues/mediq/ocr_service_queue", "mediq", queue, "PUT")
    for path in ("queues/mediq/other", "queues/mediq/mediq_dead_letters"):
        with pytest.raises(urllib.error.HTTPError, match=r"40[0-9]"):
            nodes[0].ask(path, "mediq", queue, "PUT")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        nodes[0].ask("users", "mediq")


def test_the_length_of_a_queue_is_told_to_the_account_that_scales_by_it(nodes: list[Node]) -> None:
    publish = {"properties": {}, "routing_key": "queue.x", "payload": "", "payload_encoding": "string"}
    queue = "queues/mediq/patient_queue_service_queue"
    for _ in range(3):
        nodes[0].ask("exchanges/mediq/mediq_exchange/publish", "mediq", publish, "POST")
    try:
        wait_until(lambda: nodes[1].ask(queue, "mediq").get("messages") == 3, "the length is told")
        # What plays a broker in the e2e tests says no other fields.
        fields = {"name", "messages", "messages_ready", "messages_unacknowledged"}
        assert fields <= nodes[1].ask(queue, "mediq").keys()
    finally:
        nodes[0].ask(f"{queue}/contents", "mediq", method="DELETE")


def test_deleted_definitions_come_back_as_the_runbook_says(nodes: list[Node], tmp_path: Path) -> None:
    def backup(**more: str) -> subprocess.CompletedProcess[str]:
        login = {key: SECRET[key] for key in ("RABBITMQ_ADMIN_USER", "RABBITMQ_ADMIN_PASSWORD")}
        api = {"RABBITMQ_API": f"http://127.0.0.1:{nodes[0].management}/api"}
        script = REPOSITORY / "base/rabbitmq-backup/backup.sh"
        return attempt("sh", script, environment=objects.environment(tmp_path) | {"PATH": PATH} | login | api | more)

    objects.forget(tmp_path, "backup", "bucket")
    assert backup(RABBITMQ_ADMIN_PASSWORD="wrong").returncode != 0  # noqa: S106 it opens nothing
    assert backup(RABBITMQ_ADMIN_USER="mediq", RABBITMQ_ADMIN_PASSWORD=SECRET["RABBITMQ_PASSWORD"]).returncode != 0
    assert list((tmp_path / "bucket").iterdir()) == [], "only an administrator may read definitions"
    policy = {"pattern": "^x", "definition": {"max-length": 5}}
    nodes[0].ask("policies/mediq/by-hand", body=policy, method="PUT")
    done = backup()
    assert (done.returncode, done.stdout[:17]) == (0, "backup: rabbitmq-"), done.stdout + done.stderr
    [stored] = [each for each in (tmp_path / "bucket").rglob("*") if each.is_file()]
    assert stored.read_bytes().startswith(b"RCLONE\0\0")
    nodes[0].ask("policies/mediq/by-hand", method="DELETE")
    objects.forget(tmp_path, "backup")
    asked = objects.asked_by_runbook("Restore the definitions of RabbitMQ")
    assert backup(**asked | {"RESTORE_HOLD_MINUTES": "0"}).returncode == 0
    assert int(asked["RESTORE_HOLD_MINUTES"]) > 0
    [command] = [each.text for each in commands(RUNBOOK, "kubectl") if "import_definitions" in each.text]
    *_, read, load = (each.partition(" | ")[0] for each in command.split(" -- "))
    pipe = f"{read.replace('/backup/', f'{tmp_path}/backup/')} | {PROGRAMS}/{load}"
    run("sh", "-c", pipe, environment=nodes[0].environment)
    assert nodes[1].ask("policies/mediq/by-hand")["definition"] == {"max-length": 5}
    nodes[0].ask("policies/mediq/by-hand", method="DELETE")


def test_an_account_is_replaced_by_another_as_the_runbook_says(nodes: list[Node], tmp_path: Path) -> None:
    """Each start of a broker imports the users of the secret; here, the command does."""
    places = {
        "RABBITMQ_HOME": str(tmp_path),
        "RABBITMQ_SETTINGS": str(FOLDER),
        "RABBITMQ_DEFINITIONS": str(tmp_path),
    }
    run("sh", FOLDER / "provision.sh", environment=SECRET | places | {"RABBITMQ_USER": "next"})
    nodes[2].tell("rabbitmqctl", "import_definitions", str(tmp_path / "definitions.json"))
    assert {each["name"] for each in nodes[0].ask("users")} == {"mediq", "next", "admin"}
    queue = nodes[0].ask("queues/mediq/ocr_service_queue", "mediq")
    assert nodes[0].ask("queues/mediq/ocr_service_queue", "next")["name"] == queue["name"]
    [command] = [each.text for each in commands(RUNBOOK, "kubectl") if "delete_user" in each.text]
    nodes[0].tell(*command.rpartition(" -- ")[2].replace("$ACCOUNT", "next").split())


def test_feature_flags_are_enabled_as_the_runbook_says(nodes: list[Node]) -> None:
    steps = [each.text.rpartition(" -- ")[2] for each in commands(RUNBOOK, "kubectl") if "feature_flag" in each.text]
    assert len(steps) == 2
    *_, said = (nodes[0].tell(*step.split()) for step in steps)
    states = dict(line.split("\t") for line in said.splitlines() if line.count("\t") == 1)
    assert states["quorum_queue"] == "enabled"
    # RabbitMQ 4 does not enable what it calls experimental.
    assert IS_CURRENT or set(states.values()) - {"state"} == {"enabled"}


def test_only_the_users_of_the_secret_exist(nodes: list[Node]) -> None:
    users = {each["name"]: each["tags"] for each in nodes[1].ask("users")}
    assert users == {"mediq": ["management"], "admin": ["administrator"]}
    assert {each["name"] for each in nodes[1].ask("vhosts")} == {"mediq"}


def test_the_probes_succeed_and_metrics_are_served(nodes: list[Node]) -> None:
    for node in nodes:
        assert node.succeeds("rabbitmq-diagnostics", "-q", "ping")
        assert node.succeeds("rabbitmq-diagnostics", "-q", "check_port_connectivity")
        with urllib.request.urlopen(f"http://127.0.0.1:{node.metrics}/metrics", timeout=20) as answer:
            assert b"rabbitmq_identity_info" in answer.read()


def test_publishers_wait_before_the_limit_of_the_container_is_reached(nodes: list[Node]) -> None:
    for node in nodes[0].ask("nodes"):
        assert node["mem_limit"] == MEMORY_LIMIT * 6 // 10


def test_the_secret_is_readable_by_the_broker_alone(nodes: list[Node]) -> None:
    for name, mode in (("home/.erlang.cookie", 0o400), ("definitions/definitions.json", 0o600)):
        assert (nodes[0].home / name).stat().st_mode & 0o777 == mode


@pytest.mark.skipif(not IS_CURRENT, reason="NOT TRIED FOR REAL: RabbitMQ 4 could not be unpacked")
def test_a_node_that_is_cut_off_changes_nothing_and_catches_up(nodes: list[Node]) -> None:
    cut = nodes[2]
    others = f"['{nodes[0].name}', '{nodes[1].name}']"
    publish = {"properties": {}, "routing_key": "ocr.x", "payload": "meanwhile", "payload_encoding": "string"}
    queue = "queues/mediq/ocr_service_queue"

    def delete_pod() -> str:
        """Its clients go to the others; here, the connection comes back instead."""
        cut.tell("rabbitmqctl", "eval", f"[erlang:set_cookie(N, 'COOKIE') || N <- {others}].")
        wait_until(
            lambda: nodes[0].name in cut.tell("rabbitmq-diagnostics", "-q", "cluster_status"), "they meet again"
        )
        return ""

    cut.tell("rabbitmqctl", "eval", f"[{{erlang:set_cookie(N, cut), erlang:disconnect_node(N)}} || N <- {others}].")
    answer = nodes[0].ask("exchanges/mediq/mediq_exchange/publish", "mediq", publish, "POST")
    assert answer == {"routed": True}
    said = follow("A RabbitMQ node is cut off", {"delete pod": delete_pod}, lambda words: cut.tell(*words))
    assert said.partition("Running Nodes")[2].partition("Versions")[0].split() == [cut.name]
    assert "Successfully connected to ports" in said
    get = {"count": 5, "ackmode": "ack_requeue_false", "encoding": "auto"}
    wait_until(lambda: cut.ask(queue).get("messages") == 1, "the queue is the same everywhere", seconds=60)
    assert [each["payload"] for each in cut.ask(f"{queue}/get", body=get, method="POST")] == ["meanwhile"]


def test_a_node_stops_only_when_the_others_can_do_without_it(nodes: list[Node]) -> None:
    done = attempt("sh", FOLDER / "stop.sh", environment=nodes[2].environment)
    assert done.returncode == 0, done.stdout + done.stderr
    leaders = {each["leader"] for each in nodes[0].ask("queues/mediq")}
    assert nodes[2].name not in leaders
    assert nodes[2].succeeds("rabbitmq-upgrade", "revive")
