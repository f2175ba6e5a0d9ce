"""The scripts of base/mysql-backup, tried with a real server and a real rclone.

Debian has no MySQL. MariaDB stands in for it, so what only MySQL understands (GTID options, the notation of a
position) is checked to be asked for and then left out or translated. Its own mysqlbinlog reads its own binary logs.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.manifests.render import REPOSITORY
from tests.ports import free_ports
from tests.servers import mariadb, objects
from tests.servers.mariadb import SERVER
from tests.servers.objects import PASSWORD
from tests.servers.servers import PATH, Environment, attempt, needs, run, server, wait_until

FOLDER = REPOSITORY / "base/mysql-backup"
Rows = Callable[..., str]
SHIP = ("binlog-shipped.sh", "binlog-read.sh", "binlog-ship.sh")
RESTORE = ("fetch.sh", "decode.sh", "restore.sh")

pytestmark = needs("mariadbd", "mariadb-install-db", "mariadb-dump", "mysqlbinlog", "rclone")


@dataclass(frozen=True)
class Database:
    folder: Path
    port: int

    @property
    def environment(self) -> Environment:
        return objects.environment(self.folder) | {
            "PATH": f"{self.folder}/bin:{PATH}",
            "TMPDIR": str(self.folder),
            "MYSQL_HOST": "127.0.0.1",
            "MYSQL_PORT": str(self.port),
            "MYSQL_BACKUP_PASSWORD": PASSWORD,
            "RESTORE_FOLDER": str(self.folder / "restore"),
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

    def forget(self) -> None:
        objects.forget(self.folder, "backup", "restore")

    @contextlib.contextmanager
    def restored(self, **more: str) -> Iterator[Rows]:
        """Restore, and ask the restored server while it stays; it ends with the block."""
        for name in RESTORE[:2]:
            done = self.script(name, **more)
            assert done.returncode == 0, done.stdout + done.stderr
        environment = self.environment | more | {"RESTORE_HOLD_MINUTES": "5"}
        log = self.folder / "restored"
        log.unlink(missing_ok=True)
        with server("sh", FOLDER / "restore.sh", environment=environment, log=log):
            wait_until(lambda: "restored with its binary logs" in log.read_text(), "it is restored", log=log)
            socket = f"--socket={self.folder}/restore/mysqld.sock"
            yield lambda *command: run(*command[:1], "--no-defaults", socket, *command[1:])

    def next_second(self) -> str:
        """The beginning of a second that has nothing in it yet: times of a binary log have no smaller parts."""
        now = self.sql("SELECT UTC_TIMESTAMP()").strip()
        wait_until(lambda: self.sql("SELECT UTC_TIMESTAMP()").strip() != now, "the second is over")
        return self.sql("SELECT UTC_TIMESTAMP()").strip()

    def sql(self, text: str) -> str:
        socket = f"--socket={self.folder}/mysqld.sock"
        return run("mariadb", "--no-defaults", socket, "--user=root", "-BN", "-e", text)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(tmp_path_factory.mktemp("mysql"), *free_ports(1))
    folder = database.folder
    for each in ("bin", "backup", "restore"):
        (folder / each).mkdir()
    mariadb.stand_in(folder / "bin")
    run("mysqld", "--initialize-insecure", f"--datadir={folder}/data", environment=database.environment)
    command = (
        *("mariadbd", "--no-defaults", "--user=root", f"--datadir={folder}/data", f"--socket={folder}/mysqld.sock"),
        *(f"--port={database.port}", "--bind-address=127.0.0.1", f"--pid-file={folder}/mysqld.pid"),
        *("--log-bin=binlog", "--server-id=1", "--binlog-format=ROW"),
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
    objects.forget(running.folder, "backup", "restore", "bucket")
    running.sql("RESET MASTER")
    return running


def _files(folder: Path) -> list[str]:
    return sorted(re.sub(r"\d{8}T\d{6}Z", "TIME", each.name) for each in folder.iterdir())


def test_a_backup_is_complete_and_checked(database: Database) -> None:
    said = database.succeed("dump.sh")
    assert re.fullmatch(r"backup: mysql-\d{8}T\d{6}Z, \d+ bytes, 2 tables\n", said)
    assert _files(database.folder / "backup") == [
        f"mysql-TIME.{each}" for each in ("position", "sha256", "sql.gz", "tables")
    ]
    (position,) = (database.folder / "backup").glob("*.position")
    assert re.fullmatch(rf"{SERVER} binlog\.\d{{6}} \d+\n", position.read_text(encoding="utf-8"))
    (tables,) = (database.folder / "backup").glob("*.tables")
    assert tables.read_text(encoding="utf-8") == "mediq_queue_db.waiting-line\nmediq_user_db.users\n"


def test_it_leaves_the_cluster_encrypted_and_comes_back(database: Database) -> None:
    database.succeed("dump.sh", "upload.sh", *SHIP)
    stored = [each for each in database.store.rglob("*") if each.is_file()]
    assert len(stored) > 4
    assert all(each.read_bytes().startswith(b"RCLONE\0\0") and "mysql" not in str(each.name) for each in stored)
    assert not [each for each in stored if "binlog" in str(each.relative_to(database.store))]
    database.forget()
    said = database.succeed(*RESTORE)
    assert re.search(r"restore test: mysql-\d{8}T\d{6}Z restored with its binary logs, 2 tables\n$", said)


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
    (tables.parent / "replay.sql").touch()
    done = database.script("restore.sh")
    assert (done.returncode, "mediq_user_db.visits, and holds" in done.stderr) == (1, True)


def test_the_newest_backup_is_tested_and_an_old_one_is_a_failure(database: Database) -> None:
    database.succeed("dump.sh", "upload.sh")
    done = database.script("fetch.sh", BACKUP_MAX_AGE_HOURS="-1")
    assert (done.returncode, "older than" in done.stderr) == (1, True)
    empty = database.script("fetch.sh", BACKUP_DESTINATION=str(database.folder / "restore"))
    assert (empty.returncode, "no backup in" in empty.stderr) == (1, True)


def test_a_restore_to_a_point_in_time_has_what_was_written_before_it_and_nothing_after(database: Database) -> None:
    """A row written after the backup is there; what happened at the time, and after it, did not happen."""
    database.succeed("dump.sh", "upload.sh")
    database.sql("INSERT INTO mediq_user_db.users VALUES (2, 'written after the backup')")
    database.succeed(*SHIP)
    time = database.next_second()
    database.sql("DELETE FROM mediq_user_db.users")
    database.succeed(*SHIP)
    database.forget()
    with database.restored(RESTORE_TO=time) as ask:
        assert ask("mariadb", "-BN", "-e", "SELECT id FROM mediq_user_db.users") == "1\n2\n"
    database.sql("INSERT INTO mediq_user_db.users VALUES (1, 'Ömer ''O\\\\Neil')")


def test_a_binary_log_is_shipped_once(database: Database) -> None:
    database.succeed(*SHIP)
    before = {each: each.stat().st_mtime_ns for each in database.store.rglob("*") if each.is_file()}
    said = database.succeed(*SHIP)
    assert said.startswith("binlog: 1 files are in ")
    after = {each: each.stat().st_mtime_ns for each in database.store.rglob("*") if each.is_file()}
    assert len(after) == len(before) + 1
    assert after.items() >= before.items()


@pytest.mark.parametrize(("missing", "said"), [(0, "is not in"), (1, "a binary log is missing before")])
def test_a_missing_binary_log_is_found(database: Database, missing: int, said: str) -> None:
    database.succeed("dump.sh", "upload.sh")
    database.sql("FLUSH BINARY LOGS; FLUSH BINARY LOGS")
    database.succeed(*SHIP)
    (position,) = (database.folder / "backup").glob("*.position")
    first = int(position.read_text(encoding="utf-8").split()[1].rpartition(".")[2])
    gone = f"binlog/{SERVER}/binlog.{first + missing:06}"
    objects.rclone(database.folder, "deletefile", f"vault:{gone}")
    done = database.script("fetch.sh")
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr


def test_binary_logs_that_begin_again_are_not_mixed(database: Database) -> None:
    database.succeed(*SHIP)
    (database.folder / "backup/shipped").write_text(f"{SERVER}/binlog.000001\n{SERVER}/binlog.999999\n")
    done = database.script("binlog-read.sh")
    assert (done.returncode, "has begun its binary logs again" in done.stderr) == (1, True)


def test_a_backup_whose_binary_logs_do_not_arrive_is_a_failure(database: Database) -> None:
    database.succeed("dump.sh", "upload.sh", *SHIP)
    done = database.script("fetch.sh", BINLOG_MAX_AGE="0s")
    assert (done.returncode, "no binary log has arrived" in done.stderr) == (1, True)
