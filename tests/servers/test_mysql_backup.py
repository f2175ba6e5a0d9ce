"""The scripts of base/mysql-backup, tried with a real server and a real rclone.

Debian has no MySQL. MariaDB stands in for it, so what only MySQL understands (GTID options) is checked to be asked
for and then left out.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.manifests.render import REPOSITORY
from tests.ports import free_ports
from tests.servers.servers import PATH, Environment, attempt, needs, run, server, wait_until

FOLDER = REPOSITORY / "base/mysql-backup"
PASSWORD = 'pass "word" \\ $x'  # noqa: S105 it opens nothing
# What the scripts call, in terms of MariaDB. Each insists on the options that matter.
STAND_INS = {
    "mysqldump": """
        for each in --all-databases --single-transaction --routines --events --triggers --set-gtid-purged=ON; do
          case " $* " in *" $each "*) ;; *) echo "mysqldump: $each is missing" >&2; exit 1 ;; esac
        done
        for each; do
          shift
          case $each in --set-gtid-purged=*) ;; *) set -- "$@" "$each" ;; esac
        done
        [ -z "${DIES_HALF_WAY:-}" ] || { mariadb-dump "$@" | head -n 40; exit 1; }
        exec mariadb-dump "$@"
    """,
    "mysqld": """
        case " $* " in
          *" --initialize-insecure "*)
            for each; do case $each in --datadir=*) folder=${each#*=} ;; esac; done
            exec mariadb-install-db --no-defaults --user="$(id -un)" --auth-root-authentication-method=normal \\
              --skip-test-db --datadir="$folder" >/dev/null ;;
        esac
        case " $* " in *" --skip-networking "*) ;; *) echo "mysqld: would be reachable" >&2; exit 1 ;; esac
        for each; do
          shift
          case $each in --mysqlx=*|--gtid-mode=*|--enforce-gtid-consistency=*) ;; *) set -- "$@" "$each" ;; esac
        done
        exec mariadbd "$@" --user="$(id -un)"
    """,
}

pytestmark = needs("mariadbd", "mariadb-install-db", "mariadb-dump", "rclone")


@dataclass(frozen=True)
class Database:
    folder: Path
    port: int

    @property
    def environment(self) -> Environment:
        return {
            "PATH": f"{self.folder}/bin:{PATH}",
            "TMPDIR": str(self.folder),
            "HOME": str(self.folder),
            "MYSQL_HOST": "127.0.0.1",
            "MYSQL_PORT": str(self.port),
            "MYSQL_BACKUP_PASSWORD": PASSWORD,
            "BACKUP_FOLDER": str(self.folder / "backup"),
            "RESTORE_FOLDER": str(self.folder / "restore"),
            "RCLONE_CONFIG": "/notfound",
            "RCLONE_CONFIG_OFFSITE_TYPE": "local",
            "BACKUP_DESTINATION": str(self.store),
            "BACKUP_ENCRYPTION_PASSWORD": PASSWORD,
        }

    @property
    def store(self) -> Path:
        return self.folder / "bucket"

    def script(self, name: str, **more: str) -> subprocess.CompletedProcess[str]:
        return attempt("sh", FOLDER / name, environment=self.environment | more)

    def succeed(self, *names: str) -> str:
        said = ""
        for name in names:
            done = self.script(name)
            assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
            said = done.stdout
        return said

    def sql(self, text: str) -> str:
        socket = f"--socket={self.folder}/mysqld.sock"
        return run("mariadb", "--no-defaults", socket, "--user=root", "-BN", "-e", text)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(tmp_path_factory.mktemp("mysql"), *free_ports(1))
    folder = database.folder
    for each in ("bin", "backup", "restore"):
        (folder / each).mkdir()
    for name, text in STAND_INS.items():
        program = folder / "bin" / name
        program.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
        program.chmod(0o755)
    run("mysqld", "--initialize-insecure", f"--datadir={folder}/data", environment=database.environment)
    command = (
        *("mariadbd", "--no-defaults", "--user=root", f"--datadir={folder}/data", f"--socket={folder}/mysqld.sock"),
        *(f"--port={database.port}", "--bind-address=127.0.0.1", f"--pid-file={folder}/mysqld.pid"),
    )
    with server(*command, log=folder / "log"):
        ping = ("mariadb-admin", "--no-defaults", f"--socket={folder}/mysqld.sock", "ping")
        wait_until(lambda: attempt(*ping).returncode == 0, "the server answers", log=folder / "log")
        quoted = PASSWORD.replace("\\", "\\\\")
        database.sql(
            f"CREATE USER backup@'127.0.0.1' IDENTIFIED BY '{quoted}'; GRANT ALL ON *.* TO backup@'127.0.0.1'"
        )
        database.sql("CREATE DATABASE mediq_user_db; CREATE DATABASE mediq_queue_db")
        database.sql("CREATE TABLE mediq_user_db.users (id INT PRIMARY KEY, name TEXT)")
        database.sql("CREATE TABLE mediq_queue_db.`waiting-line` (id INT PRIMARY KEY) ENGINE=InnoDB")
        database.sql("INSERT INTO mediq_user_db.users VALUES (1, 'Ömer ''O\\\\Neil')")
        yield database


@pytest.fixture
def database(running: Database) -> Database:
    for folder in ("backup", "restore", "bucket"):
        run("rm", "-rf", str(running.folder / folder))
        (running.folder / folder).mkdir()
    return running


def _files(folder: Path) -> list[str]:
    return sorted(re.sub(r"\d{8}T\d{6}Z", "TIME", each.name) for each in folder.iterdir())


def test_a_backup_is_complete_and_checked(database: Database) -> None:
    said = database.succeed("dump.sh")
    assert re.fullmatch(r"backup: mysql-\d{8}T\d{6}Z, \d+ bytes, 2 tables\n", said)
    assert _files(database.folder / "backup") == [f"mysql-TIME.{each}" for each in ("sha256", "sql.gz", "tables")]
    (tables,) = (database.folder / "backup").glob("*.tables")
    assert tables.read_text(encoding="utf-8") == "mediq_queue_db.waiting-line\nmediq_user_db.users\n"


def test_it_leaves_the_cluster_encrypted_and_comes_back(database: Database) -> None:
    database.succeed("dump.sh", "upload.sh")
    stored = list(database.store.iterdir())
    assert len(stored) == 3
    assert all(each.read_bytes().startswith(b"RCLONE\0\0") and "mysql" not in each.name for each in stored)
    run("rm", "-rf", str(database.folder / "backup"))
    (database.folder / "backup").mkdir()
    said = database.succeed("fetch.sh", "restore.sh")
    assert re.search(r"restore test: mysql-\d{8}T\d{6}Z restored, 2 tables\n$", said)


def test_a_dump_that_broke_off_is_no_backup(database: Database) -> None:
    done = database.script("dump.sh", DIES_HALF_WAY="1")
    assert (done.returncode, "is not complete" in done.stderr) == (1, True)
    assert not list((database.folder / "backup").glob("*.sha256"))


def test_a_wrong_password_is_no_backup(database: Database) -> None:
    assert database.script("dump.sh", MYSQL_BACKUP_PASSWORD="").returncode != 0
    assert not list((database.folder / "backup").glob("*.sha256"))


def test_no_credentials_stay_behind(database: Database) -> None:
    database.succeed("dump.sh")
    assert not list(database.folder.glob("tmp.*"))


def test_an_upload_without_a_destination_says_so(database: Database) -> None:
    database.succeed("dump.sh")
    done = database.script("upload.sh", BACKUP_DESTINATION="")
    assert done.returncode != 0
    assert "write bucket and folder into the overlay" in done.stderr


def test_a_damaged_backup_is_found(database: Database) -> None:
    database.succeed("dump.sh")
    (dump,) = (database.folder / "backup").glob("*.sql.gz")
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)
    done = database.script("restore.sh")
    assert (done.returncode, "is damaged" in done.stderr) == (1, True)


def test_a_table_that_is_missing_is_found(database: Database) -> None:
    database.succeed("dump.sh")
    (tables,) = (database.folder / "backup").glob("*.tables")
    tables.write_text(tables.read_text(encoding="utf-8") + "mediq_user_db.visits\n", encoding="utf-8")
    run("sh", "-c", f"cd {tables.parent} && sha256sum *.sql.gz *.tables >$(echo *.sha256)")
    done = database.script("restore.sh")
    assert (done.returncode, "mediq_user_db.visits, and holds" in done.stderr) == (1, True)


def test_the_newest_backup_is_tested_and_an_old_one_is_a_failure(database: Database) -> None:
    database.succeed("dump.sh", "upload.sh")
    done = database.script("fetch.sh", BACKUP_MAX_AGE_HOURS="-1")
    assert (done.returncode, "older than" in done.stderr) == (1, True)
    empty = database.script("fetch.sh", BACKUP_DESTINATION=str(database.folder / "restore"))
    assert (empty.returncode, "no backup in" in empty.stderr) == (1, True)
