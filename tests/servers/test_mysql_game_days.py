"""A game day of MySQL: the primary is away for long, and the runbook's first command starts what has stopped.

MariaDB stands in for MySQL. It takes its number of retries when the server starts: that which provision.sh asks MySQL
for, or the default of MySQL 8.4. Ten minutes are played in seconds, with a retry every second instead of every ten.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.manifests.commands import RUNBOOK, commands
from tests.manifests.render import REPOSITORY
from tests.ports import free_ports
from tests.servers.servers import attempt, needs, run, server, wait_until

pytestmark = needs("mariadbd", "mariadb-install-db", "mariadb")
DEFAULT = 10
FOLLOW = (
    "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {port}, MASTER_USER = 'replicator',"
    " MASTER_CONNECT_RETRY = 1, MASTER_USE_GTID = slave_pos; START SLAVE"
)


@dataclass(frozen=True)
class Server:
    folder: Path
    number: int
    port: int

    @contextlib.contextmanager
    def running(self, *more: str) -> Iterator[None]:
        command = (
            *("mariadbd", "--no-defaults", "--user=root", f"--datadir={self.folder}", f"--socket={self.address}"),
            *(f"--port={self.port}", "--bind-address=127.0.0.1", f"--pid-file={self.folder}.pid"),
            *(f"--server-id={self.number}", "--log-bin=binlog", "--skip-name-resolve", *more),
        )
        log = self.folder.with_suffix(".log")
        with server(*command, log=log):
            ping = ("mariadb-admin", "--no-defaults", f"--socket={self.address}", "ping")
            wait_until(lambda: attempt(*ping).returncode == 0, "the server answers", seconds=60, log=log)
            yield

    @property
    def address(self) -> Path:
        return self.folder.with_suffix(".sock")

    def sql(self, text: str, *options: str) -> str:
        return run("mariadb", "--no-defaults", f"--socket={self.address}", "--user=root", *options, "-e", text)

    def thread(self) -> str:
        """Whether the thread that receives runs: Yes, Connecting or No."""
        found = re.search(r"Slave_IO_Running: (\w+)", self.sql("SHOW SLAVE STATUS", "--vertical"))
        assert found is not None
        return found[1]

    def does(self, command: str) -> None:
        """What a command of the runbook gives to the client in the pod of this server."""
        client, *words = shlex.split(command.partition(" -- ")[2])
        assert (client, words[:4]) == ("mysql", ["-u", "root", "-p", "-e"])
        self.sql(words[4])


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Server, Server]:
    ports = free_ports(2)
    servers = (Server(tmp_path / "primary", 1, ports[0]), Server(tmp_path / "replica", 2, ports[1]))
    install = ("mariadb-install-db", "--no-defaults", "--user=root", "--auth-root-authentication-method=normal")
    run(*install, "--skip-test-db", f"--datadir={servers[0].folder}")
    run("cp", "-a", servers[0].folder, servers[1].folder)
    return servers


def _retries() -> int:
    text = (REPOSITORY / "base/mysql/provision.sh").read_text(encoding="utf-8")
    (count,) = set(re.findall(r"SOURCE_RETRY_COUNT = (\d+)", text))
    return int(count)


def _written(primary: Server, replica: Server, row: int) -> None:
    primary.sql(f"INSERT INTO day.t VALUES ({row})")  # noqa: S608 a number
    wait_until(lambda: str(row) in replica.sql("SELECT id FROM day.t", "-BN").split(), "the replica has the row")


def test_replicas_continue_after_the_primary_was_away_for_long(pair: tuple[Server, Server]) -> None:
    """With MySQL's own default the replica gives up; then it is enough to do what the runbook says first."""
    primary, replica = pair
    (start,) = (each.text for each in commands(RUNBOOK, "kubectl") if "START REPLICA" in each.text)
    with contextlib.ExitStack() as given_up:
        with primary.running():
            primary.sql("CREATE DATABASE day; CREATE TABLE day.t (id INT PRIMARY KEY)")
            primary.sql(
                "CREATE USER replicator@'127.0.0.1'; GRANT REPLICATION SLAVE ON *.* TO replicator@'127.0.0.1'"
            )
            given_up.enter_context(replica.running(f"--master-retry-count={DEFAULT}"))
            replica.sql(FOLLOW.format(port=primary.port))
            _written(primary, replica, 1)
        wait_until(lambda: replica.thread() == "No", "the replica gives up", seconds=60)
        with primary.running():
            replica.does(start)
            _written(primary, replica, 2)
    with replica.running(f"--master-retry-count={_retries()}"):
        _turn_away(primary.port, 2 * DEFAULT)
        assert replica.thread() == "Connecting"
        with primary.running():
            _written(primary, replica, 3)


def _turn_away(port: int, times: int) -> None:
    """Be there in the primary's place until it was tried so often, and let nobody in."""
    with socket.create_server(("127.0.0.1", port)) as nobody:
        nobody.settimeout(60)
        for _ in range(times):
            nobody.accept()[0].close()
