"""The scripts of base/redis-backup, tried with a cluster of six real servers and a real rclone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.manifests.render import REPOSITORY
from tests.ports import free_ports
from tests.servers.objects import asked_by_runbook, environment, forget, rclone
from tests.servers.redis_cluster import SERVER, Cluster, started
from tests.servers.servers import PATH, Environment, attempt, needs, wait_until

FOLDER = REPOSITORY / "base/redis-backup"
KEYS = {f"patient-queue:{number}": f"Ömer {number}" for number in range(6)}
PASSWORD = 'pass"word"\\$x'  # noqa: S105 it opens nothing
pytestmark = needs(str(SERVER), "redis-cli", "rclone")


class Backup:
    """The two Jobs, with what their containers share."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.folder = cluster.folder / "job"
        (self.folder / "bin").mkdir(parents=True)
        # The same program, which does what its name says; so it is in the image.
        shutil.copy(SERVER, self.folder / "bin/redis-check-rdb")

    @property
    def environment(self) -> Environment:
        return environment(self.folder) | {
            "PATH": f"{self.folder}/bin:{SERVER.parent}:{PATH}",
            "REDIS_NODES": self.cluster.nodes,
            "REDISCLI_AUTH": self.cluster.password,
            "RESTORE_PORT": str(free_ports(1)[0]),
        }

    def script(self, name: str, **more: str) -> subprocess.CompletedProcess[str]:
        return attempt("sh", FOLDER / name, environment=self.environment | more)

    def succeed(self, *names: str, **more: str) -> str:
        said = ""
        for name in names:
            done = self.script(name, **more)
            assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
            said = done.stdout
        return said

    def snapshots(self) -> list[Path]:
        return sorted((self.folder / "backup").glob("*.rdb"))

    def stored(self) -> dict[str, str]:
        """All keys of the cluster, with their values."""
        found: dict[str, str] = {}
        for index in range(6):
            if self.cluster.ask(index, "role").split()[0] == "master":
                names = self.cluster.ask(index, "--raw", "keys", "*").split("\n")
                found |= {name: self.cluster.ask(index, "--raw", "get", name).strip() for name in names if name}
        return found

    def put(self, keys: dict[str, str]) -> None:
        for name, value in keys.items():
            assert "OK" in [self.cluster.ask(index, "set", name, value).strip() for index in range(6)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backup]:
    with started(tmp_path_factory.mktemp("redis"), PASSWORD) as cluster:
        cluster.bootstrap()
        wait_until(lambda: all(map(cluster.is_ready, range(6))), "every node is ready")
        yield Backup(cluster)


@pytest.fixture
def backup(running: Backup) -> Backup:
    forget(running.folder, "backup", "bucket")
    for index in range(6):
        running.cluster.ask(index, "flushall")
    running.put(KEYS)
    return running


def test_what_was_deleted_comes_back_as_the_runbook_says(backup: Backup) -> None:
    """Also to nodes that serve other slots than those that were saved."""
    said = backup.succeed("dump.sh", "upload.sh")
    assert said.startswith("backup: in ")
    for index in range(6):
        backup.cluster.ask(index, "flushall")
    backup.put({"written later": "stays"})
    forget(backup.folder, "backup")
    asked = asked_by_runbook("Restore Redis")
    assert asked["RESTORE_INTO"] == "redis-service:6379"
    said = backup.succeed("fetch.sh", "restore.sh", RESTORE_INTO=backup.cluster.nodes.split()[3])
    assert said.endswith(f", {len(KEYS)} keys\n")
    assert backup.stored() == KEYS | {"written later": "stays"}


def test_every_week_the_newest_backup_is_loaded_and_nothing_else_happens(backup: Backup) -> None:
    backup.succeed("dump.sh", "upload.sh")
    forget(backup.folder, "backup")
    before = backup.stored()
    assert backup.succeed("fetch.sh", "restore.sh").endswith(f" restored, {len(KEYS)} keys\n")
    assert backup.stored() == before


def test_it_leaves_the_cluster_encrypted(backup: Backup) -> None:
    backup.succeed("dump.sh", "upload.sh")
    stored = [each for each in (backup.folder / "bucket").rglob("*") if each.is_file()]
    assert len(stored) == 4
    assert all(each.read_bytes().startswith(b"RCLONE\0\0") and "redis" not in str(each.name) for each in stored)
    assert sorted(rclone(backup.folder, "lsf", "vault:redis").split()) == [
        *(each.name for each in backup.snapshots()),
        *(each.name for each in (backup.folder / "backup").glob("*.sha256")),
    ]


def test_a_key_that_exists_is_replaced_only_when_asked(backup: Backup) -> None:
    backup.succeed("dump.sh", "upload.sh", "fetch.sh")
    backup.put({"patient-queue:1": "newer"})
    into = {"RESTORE_INTO": backup.cluster.nodes.split()[0]}
    done = backup.script("restore.sh", **into)
    assert (done.returncode, "BUSYKEY" in done.stdout + done.stderr) == (1, True)
    assert backup.stored()["patient-queue:1"] == "newer"
    spaces = backup.script("restore.sh", REDISCLI_AUTH="two words", **into)
    assert (spaces.returncode, "cannot import with a password" in spaces.stderr) == (1, True)
    backup.succeed("restore.sh", RESTORE_REPLACE="yes", **into)
    assert backup.stored() == KEYS


def test_a_backup_without_all_slots_is_none(backup: Backup) -> None:
    primary = next(index for index in range(6) if backup.cluster.ask(index, "role").split()[0] == "master")
    others = [each for index, each in enumerate(backup.cluster.nodes.split()) if index != primary]
    done = backup.script("dump.sh", REDIS_NODES=" ".join(others))
    assert (done.returncode, "slots instead of 16384" in done.stderr) == (1, True)
    assert not list((backup.folder / "backup").glob("*.sha256"))


def test_a_wrong_password_is_no_backup(backup: Backup) -> None:
    done = backup.script("dump.sh", REDISCLI_AUTH="wrong")
    assert (done.returncode, "serve 0 slots" in done.stderr) == (1, True)


def test_a_damaged_snapshot_is_found(backup: Backup) -> None:
    backup.succeed("dump.sh")
    damaged = backup.snapshots()[1]
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    done = backup.script("restore.sh")
    assert (done.returncode, "is damaged" in done.stderr) == (1, True)
    # Also by the server, for whoever trusts the checksum.
    sums = next((backup.folder / "backup").glob("*.sha256"))
    sums.write_text(attempt("sha256sum", *backup.snapshots()).stdout, encoding="utf-8")
    done = backup.script("restore.sh")
    assert (done.returncode, "cannot be loaded" in done.stderr) == (1, True)


def test_an_old_backup_is_a_failure_unless_it_was_asked_for(backup: Backup) -> None:
    empty = backup.script("fetch.sh")
    assert (empty.returncode, "there is nothing to restore" in empty.stderr) == (1, True)
    backup.succeed("dump.sh", "upload.sh")
    old = backup.script("fetch.sh", BACKUP_MAX_AGE_HOURS="-1")
    assert (old.returncode, "older than" in old.stderr) == (1, True)
    backup.succeed("fetch.sh", RESTORE_TO="2999-01-31 10:41:00")
    early = backup.script("fetch.sh", RESTORE_TO="2001-01-31 10:41:00")
    assert (early.returncode, "no backup from before 2001" in early.stderr) == (1, True)
