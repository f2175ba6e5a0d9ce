"""The scripts and the configuration of base/redis, tried with six real servers.

They are Debian's Redis 7.0; 8.10 runs in the pods.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.manifests.render import REPOSITORY
from tests.ports import free_ports
from tests.servers.servers import Environment, attempt, needs, server, wait_until

FOLDER = REPOSITORY / "base/redis"
PASSWORD = 'pass "word" \\ $x'  # noqa: S105 it opens nothing
CHANGES = ("set-config-epoch", "meet", "addslotsrange", "replicate", "forget")
# A redis-cli that notes each change and, at the one it is told to, kills the script that made it.
WRAPPER = """#!/bin/sh
for word; do
  case $word in
    {changes})
      echo "$word" >>"$CHANGES_LOG"
      if [ "$(wc -l <"$CHANGES_LOG")" -eq "${{KILL_AT:-0}}" ]; then
        {redis_cli} "$@"
        kill -9 "-$(ps -o pgid= -p $$ | tr -d ' ')"
      fi
      ;;
  esac
done
exec {redis_cli} "$@"
"""

pytestmark = needs("redis-server", "redis-cli")


@dataclass
class Cluster:
    """Six nodes, each with its own folder, as six pods have."""

    folder: Path
    # The nodes speak with one another 10000 above.
    ports: list[int] = field(default_factory=lambda: free_ports(6, beside=10_000))
    running: dict[int, ExitStack] = field(default_factory=dict)

    def __post_init__(self) -> None:
        binaries = self.folder / "bin"
        binaries.mkdir(parents=True)
        wrapper = binaries / "redis-cli"
        wrapper.write_text(
            WRAPPER.format(changes="|".join(CHANGES), redis_cli=shutil.which("redis-cli")), encoding="utf-8"
        )
        wrapper.chmod(0o755)

    def environment(self, index: int) -> Environment:
        home = self.folder / str(index)
        return {
            "REDISCLI_AUTH": PASSWORD,
            "REDIS_CONFIG": str(home / "redis.conf"),
            "REDIS_RUNTIME": str(home / "run"),
            "REDIS_DATA": str(home / "data"),
            "REDIS_PORT": str(self.ports[index]),
            "REDIS_NODES": self.nodes,
            "POD_HOST": f"redis-{index}.redis-headless",
            "MEMORY_LIMIT_MI": "512",
        }

    @property
    def nodes(self) -> str:
        return " ".join(f"127.0.0.1:{port}" for port in self.ports)

    def start(self, index: int) -> None:
        home = self.folder / str(index)
        for each in ("run", "data"):
            (home / each).mkdir(parents=True, exist_ok=True)
        text = (FOLDER / "redis.conf").read_text(encoding="utf-8")
        for path in ("/run/redis/", "/data"):
            assert path in text
        text = text.replace("/run/redis/", f"{home}/run/").replace("dir /data", f"dir {home}/data")
        (home / "redis.conf").write_text(text, encoding="utf-8")
        command = ("sh", FOLDER / "start.sh", "--port", str(self.ports[index]), "--bind", "127.0.0.1")
        self.running[index] = ExitStack()
        self.running[index].enter_context(server(*command, environment=self.environment(index), log=home / "log"))
        wait_until(lambda: "PONG" in self.ask(index, "ping"), f"node {index} answers", log=home / "log")

    def stop(self, index: int) -> None:
        self.running.pop(index).close()

    def ask(self, index: int, *command: str) -> str:
        environment = {"REDISCLI_AUTH": PASSWORD}
        return attempt("redis-cli", "-p", str(self.ports[index]), *command, environment=environment).stdout

    def script(self, index: int, name: str) -> subprocess.CompletedProcess[str]:
        return attempt("sh", FOLDER / name, environment=self.environment(index))

    def bootstrap(self, kill_at: int = 0) -> tuple[int, list[str]]:
        """The exit status, and the changes that were made."""
        log = self.folder / "changes"
        log.write_text("", encoding="utf-8")
        environment = {
            "PATH": f"{self.folder}/bin:/usr/bin:/bin",
            "REDISCLI_AUTH": PASSWORD,
            "REDIS_NODES": self.nodes,
            "CHANGES_LOG": str(log),
            "KILL_AT": str(kill_at),
            "BOOTSTRAP_TIMEOUT": "60",
        }
        done = attempt("sh", FOLDER / "bootstrap.sh", environment=environment)
        assert kill_at or done.returncode == 0, done.stdout + done.stderr
        return done.returncode, log.read_text(encoding="utf-8").split()

    def table(self) -> dict[str, tuple[str, str, tuple[str, ...]]]:
        """By node: primary or replica, of whom, and which slots."""
        rows = [line.split() for line in self.ask(0, "cluster", "nodes").splitlines()]
        return {
            row[0]: ("slave" if "slave" in row[2] else "master", row[3], tuple(row[8:]))
            for row in rows
            if "fail" not in row[2] and "noaddr" not in row[2]
        }

    def failed(self) -> list[str]:
        rows = [line.split() for line in self.ask(0, "cluster", "nodes").splitlines()]
        return [row[0] for row in rows if {"fail", "noaddr"} & set(row[2].split(","))]

    def reset(self) -> None:
        for index in range(6):
            self.ask(index, "flushall")
            assert "OK" in self.ask(index, "cluster", "reset", "hard")

    def is_ready(self, index: int) -> bool:
        return self.script(index, "ready.sh").returncode == 0


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("redis"))
    try:
        for index in range(6):
            cluster.start(index)
        yield cluster
    finally:
        for index in list(cluster.running):
            cluster.stop(index)


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


def test_what_was_written_survives_a_restart_of_all_nodes(cluster: Cluster) -> None:
    assert "OK" in [cluster.ask(index, "set", "patient", "waiting").strip() for index in range(6)]
    before = {name: slots for name, (_, _, slots) in cluster.table().items()}
    for index in range(6):
        cluster.stop(index)
    for index in range(6):
        cluster.start(index)
    wait_until(lambda: all(map(cluster.is_ready, range(6))), "every node is ready")
    assert cluster.table().keys() == before.keys()
    values = [cluster.ask(index, "get", "patient").strip() for index in range(6)]
    assert "waiting" in values


def test_a_node_that_lost_its_volume_is_taken_in_again(cluster: Cluster) -> None:
    before = cluster.table()
    lost = next(index for index in range(1, 6) if cluster.ask(index, "role").split()[0] == "slave")
    identity = cluster.ask(lost, "cluster", "myid").strip()
    cluster.stop(lost)
    shutil.rmtree(cluster.folder / str(lost) / "data")
    cluster.start(lost)
    wait_until(lambda: identity in cluster.failed(), "the others notice")
    cluster.bootstrap()
    after = cluster.table()
    assert identity not in cluster.ask(0, "cluster", "nodes")
    assert len(after) == len(before) == 6
    assert cluster.bootstrap() == (0, [])
