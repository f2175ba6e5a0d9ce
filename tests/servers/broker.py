"""Real brokers, each with the files and the environment that its pod would give it."""

from __future__ import annotations

import json
import re
import urllib.request
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.manifests.render import REPOSITORY
from tests.ports import free_ports
from tests.servers.servers import PATH, Environment, attempt, run

FOLDER = REPOSITORY / "base/rabbitmq"
TLS = REPOSITORY / "components/internal-tls/rabbitmq"
# Settings of the version in the pods that the older one does not know yet: they came with 3.13.
NEWER = re.compile(r"^quorum_queue\.continuous_membership_reconciliation\..*\n", re.MULTILINE)
SECRET = {
    "ERLANG_COOKIE": "COOKIE",
    "RABBITMQ_USER": "mediq",
    "RABBITMQ_PASSWORD": 'pass "word" \\ $x',
    "RABBITMQ_ADMIN_USER": "admin",
    "RABBITMQ_ADMIN_PASSWORD": "secret",
}

UNPACKED = REPOSITORY / ".tools/rabbitmq"
IS_CURRENT = (UNPACKED / "stamp").exists()
# Wrappers of these names would only let root or the user rabbitmq in: the programs themselves lie here.
PROGRAMS = (UNPACKED if IS_CURRENT else Path("/")) / "usr/lib/rabbitmq/bin"
SEARCHED = f"{UNPACKED}/usr/lib/erlang/bin:{PROGRAMS}:{PATH}" if IS_CURRENT else f"{PROGRAMS}:{PATH}"
MEMORY_LIMIT = 1024**3


@dataclass(frozen=True)
class Node:
    """One broker, with the files and the environment that its pod would give it."""

    index: int
    home: Path
    epmd_port: int
    amqp: int
    management: int
    metrics: int
    distribution: int
    # With a folder of certificates it is alone, and speaks TLS, as with components/internal-tls.
    certificates: Path | None = None

    @classmethod
    def with_ports(cls, index: int, home: Path, epmd_port: int, certificates: Path | None = None) -> Node:
        amqp, management, metrics, distribution = free_ports(4)
        return cls(index, home, epmd_port, amqp, management, metrics, distribution, certificates)

    @property
    def name(self) -> str:
        return f"rabbit-{self.index}@127.0.0.1"

    @property
    def environment(self) -> Environment:
        return {
            "PATH": SEARCHED,
            "MEMORY_LIMIT": str(MEMORY_LIMIT),
            "HOME": str(self.home / "home"),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_USE_LONGNAME": "true",
            "RABBITMQ_DIST_PORT": str(self.distribution),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(FOLDER / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.home / "mnesia"),
            **({"RABBITMQ_CONFIG_FILES": str(self.home / "tls")} if self.certificates else {}),
            "RABBITMQ_LOG_BASE": str(self.home),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def prepare(self) -> None:
        for each in ("home", "definitions", "mnesia"):
            (self.home / each).mkdir(parents=True, exist_ok=True)
        settings = {
            "RABBITMQ_HOME": str(self.home / "home"),
            "RABBITMQ_SETTINGS": str(FOLDER),
            "RABBITMQ_DEFINITIONS": str(self.home / "definitions"),
        }
        run("sh", FOLDER / "provision.sh", environment=SECRET | settings)
        text = (FOLDER / "rabbitmq.conf").read_text(encoding="utf-8")
        places = {
            "listeners.tcp.default = 5672": f"listeners.tcp.default = 127.0.0.1:{self.amqp}",
            "prometheus.tcp.port = 15692": f"prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = {self.metrics}",
            # Old nodes wait that long for one another; since 3.13 two that see each other go on.
            "discovery_retry_limit = 60": "discovery_retry_limit = 5",
            "/etc/rabbitmq/definitions": str(self.home / "definitions"),
            **{f"rabbit@rabbitmq-{each}.rabbitmq-headless": f"rabbit-{each}@127.0.0.1" for each in range(3)},
        }
        if not self.certificates:
            text += f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self.management}\n"
        for written, here in places.items():
            assert written in text
            text = text.replace(written, here)
        text = text if IS_CURRENT else NEWER.sub("", text)
        if self.certificates:
            text = re.sub(r"^cluster_formation\..*\n", "", text, flags=re.MULTILINE)
            self._prepare_tls()
        (self.home / "rabbitmq.conf").write_text(text, encoding="utf-8")

    def _prepare_tls(self) -> None:
        text = (TLS / "tls.conf").read_text(encoding="utf-8")
        places = {
            "listeners.ssl.default = 5672": f"listeners.ssl.default = 127.0.0.1:{self.amqp}",
            "management.ssl.port = 15672": f"management.ssl.ip = 127.0.0.1\nmanagement.ssl.port = {self.management}",
            "/etc/rabbitmq/certificates": str(self.certificates),
        }
        for written, here in places.items():
            assert written in text
            text = text.replace(written, here)
        (self.home / "tls").mkdir()
        (self.home / "tls/tls.conf").write_text(text, encoding="utf-8")

    def succeeds(self, program: str, *arguments: str) -> bool:
        return attempt(PROGRAMS / program, *arguments, environment=self.environment).returncode == 0

    def tell(self, program: str, *arguments: str) -> str:
        return run(PROGRAMS / program, *arguments, environment=self.environment)

    def is_running(self) -> bool:
        return self.succeeds("rabbitmq-diagnostics", "-q", "check_running")

    def ask(self, path: str, user: str = "admin", body: Any = None, method: str = "GET") -> Any:
        password = "secret" if user == "admin" else SECRET["RABBITMQ_PASSWORD"]
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.management}/api/{path}",
            headers={
                "Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode(),
                "Content-Type": "application/json",
            },
            data=None if body is None else json.dumps(body).encode(),
            method=method,
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 loopback
            text = answer.read()
        return json.loads(text) if text else None
