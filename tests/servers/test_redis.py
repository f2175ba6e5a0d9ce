"""The scripts and the configuration of base/redis, tried with six real servers.

They are Redis 8.2, and Debian's redis-cli 7.0 asks them; both are 8.10 in the pods.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.servers.redis_cluster import PASSWORD, SERVER, Cluster, started
from tests.servers.runbook import follow
from tests.servers.servers import attempt, needs, wait_until

pytestmark = needs(str(SERVER), "redis-cli", "timeout")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with started(tmp_path_factory.mktemp("redis")) as cluster:
        yield cluster


@pytest.fixture
def fresh(servers: Cluster) -> Cluster:
    servers.reset()
    return servers


@pytest.fixture
def cluster(servers: Cluster) -> Cluster:
    servers.bootstrap()
    wait_until(lambda: all(map(servers.is_ready, range(6))), "every node is ready")
    return servers


def _is_complete(cluster: Cluster) -> None:
    table = cluster.table()
    primaries = {name: slots for name, (role, _, slots) in table.items() if role == "master"}
    assert sorted(primaries.values()) == [("0-5460",), ("10922-16383",), ("5461-10921",)]
    assert sorted(of for role, of, _ in table.values() if role == "slave") == sorted(primaries)
    wait_until(lambda: all(map(cluster.is_ready, range(6))), "every node is ready")


def test_no_node_is_ready_before_there_is_a_cluster(fresh: Cluster) -> None:
    assert not any(map(fresh.is_ready, range(6)))


def test_the_job_makes_a_cluster_and_the_second_run_changes_nothing(fresh: Cluster) -> None:
    _, changes = fresh.bootstrap()
    assert sorted(changes) == sorted(["set-config-epoch"] * 6 + ["meet"] * 5 + ["addslotsrange", "replicate"] * 3)
    _is_complete(fresh)
    before = fresh.table()
    assert fresh.bootstrap() == (0, [])
    assert fresh.table() == before


@pytest.mark.parametrize("step", [6, 8, 13, 16])
def test_the_job_finishes_what_a_killed_one_began(fresh: Cluster, step: int) -> None:
    status, changes = fresh.bootstrap(kill_at=step)
    assert (status, len(changes)) == (-9, step)
    fresh.bootstrap()
    _is_complete(fresh)
    assert fresh.bootstrap() == (0, [])


def test_clients_are_sent_to_host_names(cluster: Cluster) -> None:
    answers = [cluster.ask(index, "set", "{foo}", "bar") for index in range(6)]
    moved = {each.split()[2].partition(":")[0] for each in answers if each.startswith("MOVED")}
    assert moved
    assert all(each.startswith("redis-") and each.endswith(".redis-headless") for each in moved)


def test_nobody_enters_without_the_password(cluster: Cluster) -> None:
    answer = attempt("redis-cli", "-p", str(cluster.ports[0]), "get", "x")
    assert "NOAUTH" in answer.stdout + answer.stderr


def test_memory_is_bounded_by_the_limit_of_the_container(cluster: Cluster) -> None:
    assert cluster.ask(0, "config", "get", "maxmemory").split() == ["maxmemory", str(320 * 1024 * 1024)]


def test_a_primary_that_stops_hands_over_first(cluster: Cluster) -> None:
    role = [cluster.ask(index, "role").split()[0] for index in range(6)]
    primary = role.index("master")
    wait_until(lambda: "state=online" in cluster.ask(primary, "info", "replication"), "its replica is online")
    done = cluster.script(primary, "stop.sh")
    assert done.returncode == 0, done.stderr
    assert cluster.ask(primary, "role").split()[0] == "slave"
    wait_until(lambda: all(map(cluster.is_ready, range(6))), "every node is ready")
    assert cluster.bootstrap() == (0, [])


@pytest.mark.parametrize("role", ["master", "slave"])
def test_what_was_written_survives_an_outage_in_which_a_volume_is_lost(cluster: Cluster, role: str) -> None:
    assert "OK" in [cluster.ask(index, "set", "patient", "waiting").strip() for index in range(6)]
    lost = next(index for index in range(6) if cluster.ask(index, "role").split()[0] == role)
    identity = cluster.ask(lost, "cluster", "myid").strip()
    other = next(each for each, of in enumerate(cluster.primaries()) if of == identity) if role == "master" else lost
    for index in range(6):
        cluster.stop(index)
    shutil.rmtree(cluster.folder / str(lost) / "data")
    # It starts first, so there is no cluster that it could see.
    for index in [lost, *(each for each in range(6) if each != lost)]:
        cluster.start(index)
    if role == "master":
        wait_until(lambda: "cluster_state:ok" in cluster.ask(other, "cluster", "info"), "it finds the others")
        follow("RedisClusterDegraded", {}, lambda words: cluster.ask(other, *words[1:]))
    wait_until(lambda: all(map(cluster.is_ready, range(6))), "every node is ready", seconds=120)
    joining = cluster.folder / str(lost) / "data/joining"
    wait_until(lambda: not joining.exists(), "nothing is left to do", seconds=60)
    assert all(identity not in cluster.ask(index, "cluster", "nodes") for index in range(6))
    assert "waiting" in [cluster.ask(index, "get", "patient").strip() for index in range(6)]


def test_no_shard_lies_on_one_machine(fresh: Cluster) -> None:
    """Two pods share a machine: who pairs one after the other leaves the last no choice."""
    fresh.bootstrap()
    at = {fresh.ask(index, "cluster", "myid").strip(): fresh.places[index] for index in range(6)}
    table = fresh.table()
    assert sorted(at[name] for name, (role, _, _) in table.items() if role == "master") == ["a/n0", "a/n1", "b/n2"]
    for name, (role, of, _) in table.items():
        if role == "slave":
            assert at[name].split("/")[1] != at[of].split("/")[1]


def test_a_replica_that_still_copies_is_not_ready(cluster: Cluster) -> None:
    replica = next(index for index in range(6) if cluster.ask(index, "role").split()[0] == "slave")
    primary = cluster.ports.index(int(cluster.ask(replica, "role").split()[2]))
    cluster.ask(primary, "config", "set", "requirepass", "another")
    try:
        environment = {"REDISCLI_AUTH": "another"}
        kill = ("redis-cli", "-p", str(cluster.ports[primary]), "client", "kill", "type", "replica")
        assert attempt(*kill, environment=environment).stdout.strip() == "1"
        assert not cluster.is_ready(replica)
        assert "cluster_state:ok" in cluster.ask(replica, "cluster", "info")
    finally:
        set_back = ("redis-cli", "-p", str(cluster.ports[primary]), "config", "set", "requirepass", PASSWORD)
        attempt(*set_back, environment=environment)
    wait_until(lambda: cluster.is_ready(replica), "the replica has its copy", seconds=60)


def _restart(cluster: Cluster, password: str, also: str) -> None:
    """All nodes at once, with these passwords."""
    for index in range(6):
        cluster.stop(index)
    cluster.password, cluster.also = password, also
    for index in range(6):
        cluster.start(index)
    wait_until(lambda: all(map(cluster.is_ready, range(6))), "every node is ready", seconds=120)


def test_a_new_password_is_rolled_out_while_all_nodes_serve(cluster: Cluster) -> None:
    """The second commit of the runbook: those that have restarted and those that have not get into each other."""
    new = 'new "word" \\ $y'
    _restart(cluster, PASSWORD, new)
    try:
        for index in reversed(range(6)):
            cluster.password, cluster.also = PASSWORD, new
            assert cluster.script(index, "stop.sh").returncode == 0
            assert cluster.ask(index, "role").split()[0] == "slave", "its replica has taken over"
            cluster.stop(index)
            cluster.password, cluster.also = new, PASSWORD
            cluster.start(index)
            wait_until(lambda index=index: cluster.is_ready(index), "the node is ready")  # type: ignore[misc]
            for port in cluster.ports:
                for password in (PASSWORD, new):
                    answer = attempt("redis-cli", "-p", str(port), "ping", environment={"REDISCLI_AUTH": password})
                    assert answer.stdout == "PONG\n", answer.stdout + answer.stderr
    finally:
        _restart(cluster, PASSWORD, "")


def test_a_primary_waits_for_a_replica_that_still_copies(cluster: Cluster) -> None:
    primary = next(index for index in range(6) if cluster.ask(index, "role").split()[0] == "master")
    cluster.ask(primary, "config", "set", "repl-diskless-sync-delay", "3")
    wait_until(lambda: "state=online" in cluster.ask(primary, "info", "replication"), "its replica is online")
    replica = cluster.ports.index(int(cluster.ask(primary, "role").split()[3]))
    cluster.stop(replica)
    cluster.start(replica)
    assert cluster.script(primary, "stop.sh").returncode == 0
    assert cluster.ask(primary, "role").split()[0] == "slave"


@pytest.mark.parametrize("role", ["master", "slave"])
def test_a_node_that_lost_its_volume_joins_again_by_itself(cluster: Cluster, role: str) -> None:
    assert "OK" in [cluster.ask(index, "set", "patient", "waiting").strip() for index in range(6)]
    lost = next(index for index in range(6) if cluster.ask(index, "role").split()[0] == role)
    identity = cluster.ask(lost, "cluster", "myid").strip()
    log, data = (cluster.folder / str(lost) / each for each in ("log", "data"))
    log.write_text("", encoding="utf-8")

    def delete_claim() -> str:
        cluster.stop(lost)
        shutil.rmtree(data)
        return ""

    def delete_pod() -> str:
        cluster.start(lost)
        wait_until(lambda: "is complete" in log.read_text(encoding="utf-8"), "it has joined", seconds=90, log=log)
        wait_until(lambda: not (data / "joining").exists(), "nothing is left to do", log=log)
        return ""

    actions = {"delete pvc": delete_claim, "delete pod": delete_pod, "logs": lambda: log.read_text(encoding="utf-8")}
    said = follow("A Redis node lost its volume", actions, lambda words: cluster.ask(lost, *words[1:]))
    assert "joining it as a replica" in said
    assert "master_link_status:up" in said
    nodes = [line.split() for line in said.splitlines() if ",redis-" in line]
    assert (len(nodes), [line for line in nodes if "fail" in line[2]]) == (6, [])
    assert all(identity not in cluster.ask(index, "cluster", "nodes") for index in range(6))
    assert [line[2].split(",")[-1] for line in nodes].count("master") == 3
    assert "waiting" in [cluster.ask(index, "get", "patient").strip() for index in range(6)]
    assert all(map(cluster.is_ready, range(6)))
    assert cluster.bootstrap() == (0, [])
