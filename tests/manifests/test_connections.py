"""All pods at their maximum stay below MySQL's max_connections, and nobody can take the connections of others."""

from __future__ import annotations

import re
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from tests.manifests.numbers import Key, promised
from tests.manifests.render import ENVIRONMENTS, REPOSITORY, overlay
from tools import seal_demo

both = pytest.mark.parametrize("environment", ENVIRONMENTS)
PATH = "/usr/bin:/bin"
VARIABLES = ("ROOT_PASSWORD", "USER", "PASSWORD", *(f"{each}_PASSWORD" for each in ("MIGRATION", "REPLICATION")))
VARIABLES += tuple(f"{each}_PASSWORD" for each in ("BACKUP", "EXPORTER", "PROBE"))
POOLS = {"DATABASE_URL_USER": "user-service", "DATABASE_URL_QUEUE": "patient-queue-service"}
# A second version of a service (components/second-version) has as many pods again.
VERSIONS = 2
# Two replicas that follow, and one that clones; probes of two kinds; somebody who looks.
OTHERS = 3 + 4 + 2


def _largest(environment: str) -> int:
    setting = re.search(
        r"^max_connections = (\d+)$", overlay(environment).one("ConfigMap", "mysql")["data"]["my.cnf"], re.MULTILINE
    )
    assert setting is not None
    return int(setting[1])


def _limits() -> dict[str, int]:
    """How many connections each account may have, as the server is told at its start."""
    variables = {f"MYSQL_{each}": each.lower() for each in VARIABLES}
    script = str(REPOSITORY / "base/mysql/accounts.sh")
    said = subprocess.run(
        ["sh", script], env={"PATH": PATH} | variables, capture_output=True, text=True, timeout=60, check=True
    )
    found = re.findall(r"^ALTER USER '(\w+)'@'%' .*MAX_USER_CONNECTIONS (\d+);$", said.stdout, re.MULTILINE)
    return {account: int(limit) for account, limit in found}


def _pools() -> dict[str, int]:
    """The pool of one pod of each service, as the URLs ask for it."""
    secrets = yaml.safe_load(seal_demo.TABLE.read_text(encoding="utf-8"))["database-secrets"]
    return {
        service: int(parse_qs(urlsplit(secrets[key]).query)["connection_limit"][0]) for key, service in POOLS.items()
    }


@both
def test_all_pods_at_their_maximum_stay_within_what_the_services_may_have(environment: str) -> None:
    """With one more pod of each during a rollout, and a second version of both services."""
    numbers, pools = promised(REPOSITORY, environment), _pools()
    surge = {
        service: overlay(environment).one("Deployment", service)["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
        for service in pools
    }
    pods = {service: numbers[Key("autoscaling", service, "most")] + surge[service] for service in pools}
    assert sum(pods[each] * pools[each] * VERSIONS for each in pools) <= _limits()["user"]


@both
def test_all_accounts_together_leave_room(environment: str) -> None:
    limits = _limits()
    assert limits.keys() == {"user", "migrator", "backup", "exporter"}
    assert sum(limits.values()) + OTHERS <= _largest(environment)
