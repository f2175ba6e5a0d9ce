"""Components/internal-tls: its files and the scripts of base, tried with real servers that speak TLS only.

Redis is Debian's 7.0, because the 8.2 of the other tests is built without TLS. MariaDB stands in for MySQL.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.manifests.render import REPOSITORY
from tests.ports import free_ports
from tests.servers import broker, mariadb, objects
from tests.servers.certificates import authority, issue
from tests.servers.redis_cluster import Cluster, started
from tests.servers.servers import PATH, Environment, attempt, needs, run, server, wait_until

pytestmark = needs("redis-server", "redis-cli", "rabbitmq-server", "epmd", "mariadbd", "mariadb-install-db", "rclone")
PASSWORD = "opens-nothing"  # noqa: S105


def _serial(port: int, root: Path) -> str:
    """The certificate that a server shows to a client who trusts that root, and checks the name."""
    context = ssl.create_default_context(cafile=str(root / "ca.crt"))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        return str((secure.getpeercert() or {})["serialNumber"])


def _is_refused(port: int, said: bytes) -> bool:
    """Whether plain text gets no answer of the protocol."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain, contextlib.suppress(ConnectionError):
        plain.sendall(said)
        return plain.recv(100)[:1] in (b"", b"\x15")
    return True


# Redis


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("redis-tls")
    secret = issue(authority(folder / "root"), folder / "secret", "redis-service")
    with started(folder / "cluster", PASSWORD, secret) as cluster:
        cluster.bootstrap()
        wait_until(lambda: all(map(cluster.is_ready, range(6))), "every node is ready")
        yield cluster


def test_a_cluster_of_redis_speaks_tls_only(redis: Cluster) -> None:
    """Clients, replication and the bus: the nodes are ready, so replicas are linked and the cluster is complete."""
    assert redis.certificates
    for port in redis.ports:
        assert _is_refused(port, b"PING\r\n")
        assert _is_refused(port + 10_000, b"RCmb" + bytes(100))
    trusted = ("redis-cli", "--tls", "-p", str(redis.ports[0]), "--cacert")
    assert "NOAUTH" in attempt(*trusted, redis.certificates / "ca.crt", "ping").stdout
    assert (
        "certificate verify failed" in attempt(*trusted, authority(redis.folder / "other") / "ca.crt", "ping").stderr
    )


def test_redis_reads_a_renewed_certificate_by_itself(redis: Cluster) -> None:
    assert redis.certificates
    root = redis.certificates.parent / "root"
    before = _serial(redis.ports[0], root)
    issue(root, redis.certificates, "redis-service")
    for port in redis.ports:
        wait_until(lambda port=port: _serial(port, root) != before, "the new certificate is shown")  # type: ignore[misc]
    assert all(map(redis.is_ready, range(6)))


def test_redis_is_backed_up_and_restored_over_tls(redis: Cluster) -> None:
    folder = redis.folder / "job"
    objects.forget(redis.folder, "job")
    objects.forget(folder, "backup", "bucket")
    environment = objects.environment(folder) | redis.secured
    environment |= {"REDISCLI_AUTH": PASSWORD, "REDIS_NODES": redis.nodes, "RESTORE_PORT": str(free_ports(1)[0])}
    assert "OK" in [redis.ask(index, "set", "patient", "waiting").strip() for index in range(6)]
    scripts = REPOSITORY / "base/redis-backup"
    run("sh", scripts / "dump.sh", environment=environment)
    for index in range(6):
        redis.ask(index, "flushall")
    run("sh", scripts / "restore.sh", environment=environment | {"RESTORE_INTO": redis.nodes.split()[0]})
    assert "waiting" in [redis.ask(index, "get", "patient").strip() for index in range(6)]


# RabbitMQ


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[broker.Node]:
    folder = tmp_path_factory.mktemp("rabbitmq-tls")
    secret = issue(authority(folder / "root"), folder / "secret", "rabbitmq-service")
    node = broker.Node.with_ports(0, folder / "0", free_ports(1)[0], secret)
    with ExitStack() as stack:
        epmd = {"PATH": broker.SEARCHED, "ERL_EPMD_PORT": str(node.epmd_port), "ERL_EPMD_ADDRESS": "127.0.0.1"}
        stack.enter_context(server("epmd", environment=epmd, log=folder / "epmd.log"))
        wait_until(lambda: attempt("epmd", "-names", environment=epmd).returncode == 0, "epmd answers")
        node.prepare()
        start = (broker.PROGRAMS / "rabbitmq-server",)
        stack.enter_context(server(*start, environment=node.environment, log=node.home / "log"))
        wait_until(node.is_running, "the broker runs", seconds=120, log=node.home / "log")
        yield node


def test_the_broker_speaks_tls_only(rabbitmq: broker.Node) -> None:
    assert rabbitmq.certificates
    hello = b"AMQP\x00\x00\x09\x01"
    assert _is_refused(rabbitmq.amqp, hello)
    assert _is_refused(rabbitmq.management, b"GET /api/overview HTTP/1.0\r\n\r\n")
    context = ssl.create_default_context(cafile=str(rabbitmq.certificates / "ca.crt"))
    with (
        socket.create_connection(("127.0.0.1", rabbitmq.amqp), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="rabbitmq-service") as secure,
    ):
        secure.sendall(hello)
        assert secure.recv(11)[7:] == b"\x00\x0a\x00\x0a", "the method Connection.Start"
    assert rabbitmq.succeeds("rabbitmq-diagnostics", "-q", "check_port_connectivity"), "the pod stays ready"


def test_the_broker_shows_a_renewed_certificate_without_a_restart(rabbitmq: broker.Node) -> None:
    """By itself within two minutes; the command does at once what the cache of Erlang does then."""
    assert rabbitmq.certificates
    root = rabbitmq.certificates.parent / "root"
    before = [_serial(port, root) for port in (rabbitmq.amqp, rabbitmq.management)]
    issue(root, rabbitmq.certificates, "rabbitmq-service")
    rabbitmq.tell("rabbitmqctl", "eval", "ssl:clear_pem_cache().")
    after = [_serial(port, root) for port in (rabbitmq.amqp, rabbitmq.management)]
    assert not set(before) & set(after)


def test_definitions_are_fetched_from_a_broker_that_is_trusted(rabbitmq: broker.Node, tmp_path: Path) -> None:
    objects.forget(tmp_path, "backup", "bucket")
    login = {key: broker.SECRET[key] for key in ("RABBITMQ_ADMIN_USER", "RABBITMQ_ADMIN_PASSWORD")}
    environment = objects.environment(tmp_path) | login | {"PATH": PATH}
    environment |= {"RABBITMQ_API": f"https://localhost:{rabbitmq.management}/api"}
    script = REPOSITORY / "base/rabbitmq-backup/backup.sh"
    untrusted = environment | {"RABBITMQ_CA": str(authority(tmp_path / "other") / "ca.crt")}
    assert attempt("sh", script, environment=untrusted).returncode != 0
    run("sh", script, environment=environment | {"RABBITMQ_CA": f"{rabbitmq.certificates}/ca.crt"})
    assert len(list((tmp_path / "bucket").rglob("*"))) > 0


# MySQL


@pytest.fixture(scope="module")
def mysql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """The environment of a backup of a server that accepts TLS only."""
    folder = tmp_path_factory.mktemp("mysql-tls")
    secret = issue(authority(folder / "root"), folder / "secret", "mysql-service")
    objects.forget(folder, "bin", "backup")
    mariadb.stand_in(folder / "bin")
    environment = {"PATH": f"{folder}/bin:{PATH}", "TMPDIR": str(folder), "BACKUP_FOLDER": str(folder / "backup")}
    run("mysqld", "--initialize-insecure", f"--datadir={folder}/data", environment=environment)
    (port,) = free_ports(1)
    socket_file = f"--socket={folder}/mysqld.sock"
    command = (
        *("mariadbd", "--no-defaults", "--user=root", f"--datadir={folder}/data", socket_file, f"--port={port}"),
        *("--bind-address=127.0.0.1", f"--pid-file={folder}/mysqld.pid", "--log-bin=binlog", "--server-id=1"),
        *(f"--ssl-ca={secret}/ca.crt", f"--ssl-cert={secret}/tls.crt", f"--ssl-key={secret}/tls.key"),
        "--require-secure-transport=ON",
    )
    with server(*command, log=folder / "log"):
        ping = ("mariadb-admin", "--no-defaults", socket_file, "ping")
        wait_until(lambda: attempt(*ping).returncode == 0, "the server answers", log=folder / "log")
        grant = f"CREATE USER backup@'%' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON *.* TO backup@'%'"
        run("mariadb", "--no-defaults", socket_file, "--user=root", "-e", grant)
        backup = {"MYSQL_HOST": "localhost", "MYSQL_PORT": str(port), "MYSQL_BACKUP_PASSWORD": PASSWORD}
        yield environment | backup | {"MYSQL_TLS_CA": f"{secret}/ca.crt"}


def test_a_dump_is_made_over_tls_from_a_server_that_is_trusted(mysql: Environment, tmp_path: Path) -> None:
    script = REPOSITORY / "base/mysql-backup/dump.sh"
    assert attempt("sh", script, environment=mysql).returncode == 0
    login = ("-h", "127.0.0.1", "-P", mysql["MYSQL_PORT"], "-u", "backup", f"-p{PASSWORD}", "-e", "SELECT 1")
    assert run("mariadb", "--no-defaults", f"--ssl-ca={mysql['MYSQL_TLS_CA']}", *login)
    plain = attempt("mariadb", "--no-defaults", "--skip-ssl", *login)
    assert (plain.returncode, plain.stderr[:6]) == (1, "ERROR "), plain.stderr
    stranger = attempt("sh", script, environment=mysql | {"MYSQL_TLS_CA": f"{authority(tmp_path)}/ca.crt"})
    assert (stranger.returncode != 0, "certificate" in stranger.stderr) == (True, True), stranger.stderr
