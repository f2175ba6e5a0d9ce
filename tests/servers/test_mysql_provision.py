"""What base/mysql/provision.sh does, step by step.

Debian has no MySQL, and MariaDB cannot clone: stand-ins note what they are asked and behave as the MySQL manual says.
So this proves the script, not that MySQL accepts its statements.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.manifests.render import REPOSITORY
from tests.servers.servers import PATH, Environment, attempt, run, server, wait_until

FOLDER = REPOSITORY / "base/mysql"
PASSWORDS = ("ROOT", "MIGRATION", "REPLICATION", "BACKUP", "EXPORTER", "PROBE")
# Ten days; MySQL 8.4 gives up after 10 attempts if nobody says otherwise.
RETRIES = "SOURCE_CONNECT_RETRY = 10, SOURCE_RETRY_COUNT = 86400"
STAND_INS = {
    "mysqld": """
        for each; do case $each in --datadir=*) folder=${each#*=} ;; esac; done
        echo "mysqld $*" >>"$STATE/asked"
        [ "${DIES_AT:-}" != "$(grep -c ^mysqld "$STATE/asked")" ] || exit 1
        case " $* " in
          *" --initialize-insecure "*) mkdir "$folder"; echo new >"$folder/content"; exit ;;
        esac
        echo $$ >"$STATE/pid"
        echo "$folder" >"$STATE/folder"
        trap 'rm -f "$STATE/pid"; exit 0' TERM
        while [ -f "$STATE/pid" ]; do sleep 0.02; done
    """,
    "mysqladmin": """
        case " $* " in
          *" --host=localhost "*) [ -f "$STATE/pid" ] ;;
          *)
            host=$(echo "$*" | sed 's/.*--host=\\([^ ]*\\).*/\\1/')
            [ "$host" = "$ANSWERS" ] ;;
        esac
    """,
    "mysql": """
        statements=$(cat)
        echo "mysql password=$MYSQL_PWD $statements" >>"$STATE/asked"
        case $statements in
          *'CLONE INSTANCE'*)
            [ -z "${DONOR_IS_DOWN:-}" ] || { echo 'ERROR 3862 (HY000): Clone Donor Error' >&2; exit 1; }
            echo "a clone" >"$(cat "$STATE/folder")/content"
            rm "$STATE/pid"
            echo 'ERROR 3707 (HY000): Restart server failed' >&2
            exit 1 ;;
          *clone_status*) echo "${CLONE_STATE:-Completed}" ;;
        esac
    """,
}


@dataclass(frozen=True)
class Pod:
    """The volumes of one pod: `volume` lasts, `generated` does not."""

    folder: Path
    name: str

    def provision(self, **more: str) -> subprocess.CompletedProcess[str]:
        for each in ("volume", "generated", "state"):
            (self.folder / each).mkdir(exist_ok=True)
        (self.folder / "state/asked").write_text("", encoding="utf-8")
        environment: Environment = {
            "PATH": f"{self.folder}/bin:{PATH}",
            "STATE": str(self.folder / "state"),
            "POD_NAME": self.name,
            "MEMORY_LIMIT_MI": "4096",
            "MYSQL_VOLUME": str(self.folder / "volume"),
            "MYSQL_CONFIG": str(FOLDER),
            "MYSQL_GENERATED": str(self.folder / "generated"),
            "MYSQL_SOCKET": str(self.folder / "mysqld.sock"),
            "MYSQL_PRIMARY_HOST": "mysql-0.mysql-headless",
            "MYSQL_REPLICA_HOSTS": "mysql-1.mysql-headless mysql-2.mysql-headless",
            "MYSQL_WAIT_SECONDS": "0",
            "MYSQL_INITIALISE": "yes",
            "MYSQL_RECOVER_FROM": "",
            "ANSWERS": "nobody" if self.name == "mysql-0" else "mysql-0.mysql-headless",
            "MYSQL_USER": "mediq",
            "MYSQL_PASSWORD": """it's "x" \\ $y""",
            **{f"MYSQL_{each}_PASSWORD": f"secret-{each.lower()}" for each in PASSWORDS},
        }
        return attempt("sh", FOLDER / "provision.sh", environment=environment | more)

    def succeed(self, **more: str) -> None:
        done = self.provision(**more)
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def asked(self) -> str:
        return (self.folder / "state/asked").read_text(encoding="utf-8")

    def generated(self, name: str) -> str:
        return (self.folder / "generated" / name).read_text(encoding="utf-8")

    def data(self) -> str | None:
        content = self.folder / "volume/data/content"
        return content.read_text(encoding="utf-8").strip() if content.exists() else None


def _pod(folder: Path, name: str) -> Pod:
    (folder / "bin").mkdir()
    for program, text in STAND_INS.items():
        path = folder / "bin" / program
        path.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
        path.chmod(0o755)
    return Pod(folder, name)


@pytest.fixture
def primary(tmp_path: Path) -> Pod:
    return _pod(tmp_path, "mysql-0")


@pytest.fixture
def replica(tmp_path: Path) -> Pod:
    return _pod(tmp_path, "mysql-2")


def test_the_primary_initialises_an_empty_volume_once(primary: Pod) -> None:
    primary.succeed()
    assert primary.data() == "new"
    primary.succeed()
    assert primary.asked == ""


def test_a_replica_clones_the_primary_once_and_follows_it(replica: Pod) -> None:
    replica.succeed()
    assert replica.data() == "a clone"
    assert "CLONE INSTANCE FROM 'replicator'@'mysql-0.mysql-headless':3306" in replica.asked
    assert "SOURCE_HOST = 'mysql-0.mysql-headless'" in replica.asked
    assert "SOURCE_AUTO_POSITION = 1, SOURCE_SSL = 1" in replica.asked
    assert f"{RETRIES}," in replica.asked
    assert "mysql password= SET" in replica.asked, "before the clone root has no password"
    assert "mysql password=secret-root" in replica.asked, "afterwards it has the primary's"
    replica.succeed()
    assert replica.asked == ""


@pytest.mark.parametrize("step", ["1", "2", "3"])
def test_what_broke_off_is_begun_anew(replica: Pod, step: str) -> None:
    assert replica.provision(DIES_AT=step).returncode != 0
    assert replica.data() is None
    replica.succeed()
    assert replica.data() == "a clone"
    assert [each.name for each in (replica.folder / "volume").iterdir()] == ["data"]


@pytest.mark.parametrize(("fault", "said"), [("DONOR_IS_DOWN", "Clone Donor Error"), ("CLONE_STATE", "Failed")])
def test_a_replica_without_a_whole_clone_does_not_start(replica: Pod, fault: str, said: str) -> None:
    done = replica.provision(**{fault: "Failed"})
    assert (done.returncode, said in done.stderr, replica.data()) == (1, True, None)


def test_an_empty_primary_is_not_cloned_over_replicas_with_data(primary: Pod) -> None:
    done = primary.provision(ANSWERS="mysql-2.mysql-headless")
    assert (done.returncode, "mysql-2.mysql-headless answers" in done.stderr, primary.data()) == (1, True, None)


@pytest.mark.parametrize("answer", ["no", ""])
def test_a_primary_that_lost_its_volume_starts_only_if_git_says_that_it_is_new(primary: Pod, answer: str) -> None:
    """After a full outage no replica answers, but they still have the data."""
    done = primary.provision(MYSQL_INITIALISE=answer)
    assert (done.returncode, "does not say initialise=yes" in done.stderr, primary.data()) == (1, True, None)
    primary.succeed()
    primary.succeed(MYSQL_INITIALISE=answer)
    assert primary.data() == "new", "what is in place needs no permission"


def test_a_primary_recovers_from_the_replica_that_a_person_chose(primary: Pod) -> None:
    asked = {"MYSQL_INITIALISE": "no", "MYSQL_RECOVER_FROM": "mysql-2.mysql-headless"}
    primary.succeed(ANSWERS="mysql-2.mysql-headless", **asked)
    assert primary.data() == "a clone"
    assert "'mysql-2.mysql-headless':3306" in primary.asked
    assert "RESET REPLICA ALL" in primary.asked
    assert "CHANGE REPLICATION" not in primary.asked


def test_the_number_and_the_role_come_from_the_ordinal(primary: Pod) -> None:
    primary.succeed()
    lines = primary.generated("server.cnf").splitlines()
    assert lines == [
        "[mysqld]",
        "server_id = 1",
        "report_host = mysql-0.mysql-headless",
        "innodb_buffer_pool_size = 2048M",
        f"init_file = {primary.folder}/generated/accounts.sql",
    ]


def test_a_replica_is_read_only_and_has_no_accounts_of_its_own(replica: Pod) -> None:
    replica.succeed()
    lines = replica.generated("server.cnf").splitlines()
    assert lines[1:3] + lines[-2:] == [
        "server_id = 3",
        "report_host = mysql-2.mysql-headless",
        f"init_file = {replica.folder}/generated/replica.sql",
        "super_read_only = ON",
    ]
    assert not (replica.folder / "generated/accounts.sql").exists()
    assert (replica.folder / "generated/replica").exists()


def test_a_replica_builds_nothing_before_the_primary_answers(replica: Pod) -> None:
    done = replica.provision(ANSWERS="nobody")
    assert (done.returncode, "mysql-0.mysql-headless does not answer" in done.stderr) == (1, True)
    assert replica.asked == ""


def test_every_start_of_a_replica_renews_how_it_connects(replica: Pod) -> None:
    """Also of one that was cloned before: one statement a line, as init_file wants it; the applier keeps running."""
    replica.succeed()
    new = {"MYSQL_REPLICATION_PASSWORD": "it's new"}
    replica.succeed(**new)
    assert replica.generated("replica.sql").splitlines() == [
        "STOP REPLICA IO_THREAD;",
        f"CHANGE REPLICATION SOURCE TO {RETRIES}, SOURCE_PASSWORD = 'it''s new';",
        "START REPLICA;",
    ]
    assert (replica.folder / "generated/replica.sql").stat().st_mode & 0o777 == 0o600


def test_with_tls_a_replica_believes_only_a_server_of_the_authority(replica: Pod) -> None:
    """When it is cloned, when it follows, and when it starts again."""
    replica.succeed()
    assert not re.search(r"SOURCE_SSL_CA|clone-ssl-ca", replica.asked + replica.generated("replica.sql"))
    run("rm", "-r", str(replica.folder / "volume"))
    replica.succeed(MYSQL_TLS_CA="/certificates/ca.crt")
    verified = "SOURCE_SSL_CA = '/certificates/ca.crt', SOURCE_SSL_VERIFY_SERVER_CERT = 1"
    clone, *_ = (
        each for each in replica.asked.splitlines() if each.startswith("mysqld") and "skip-networking" in each
    )
    assert "--loose-clone-ssl-ca=/certificates/ca.crt" in clone
    assert f"{RETRIES}, GET_SOURCE_PUBLIC_KEY = 1, {verified};" in replica.asked
    assert f"SOURCE_PASSWORD = 'secret-replication', {verified};" in replica.generated("replica.sql")


def test_with_tls_the_server_is_told_of_a_renewed_certificate(primary: Pod) -> None:
    """Until it has read it; the script ends when the server does."""
    primary.succeed(MYSQL_TLS_CA="/certificates/ca.crt")
    assert "GRANT CONNECTION_ADMIN ON *.* TO 'probe'@'%';" in primary.generated("accounts.sql").splitlines()
    certificates, told = primary.folder / "certificates", primary.folder / "told"
    certificates.mkdir()
    for each in ("tls.crt", "ca.crt"):
        (certificates / each).write_text("old", encoding="utf-8")
    # The first two times, the server refuses.
    mysql = f'#!/bin/sh\necho "$*" >>{told}\n[ "$(wc -l <{told})" -gt 2 ]\n'
    (primary.folder / "bin/mysql").write_text(mysql, encoding="utf-8")
    mysqld = f'#!/bin/sh\necho "$*" >{told}.started\nexec sleep 60\n'
    (primary.folder / "bin/mysqld").write_text(mysqld, encoding="utf-8")
    environment = {
        "PATH": f"{primary.folder}/bin:{PATH}",
        "MYSQL_CERTIFICATES": str(certificates),
        "MYSQL_GENERATED": str(primary.folder / "generated"),
        "RELOAD_SECONDS": "0.1",
    }
    script = REPOSITORY / "components/internal-tls/mysql/start.sh"
    with server("sh", script, "--an-option", environment=environment, log=primary.folder / "log"):
        wait_until((primary.folder / "told.started").exists, "the server runs")
        assert (primary.folder / "told.started").read_text(encoding="utf-8") == "--an-option\n"
        assert not told.exists()
        (certificates / "tls.crt").write_text("new", encoding="utf-8")
        wait_until(lambda: told.exists() and told.read_text(encoding="utf-8").count("\n") == 3, "it has read it")
        (certificates / "ca.crt").write_text("new", encoding="utf-8")
        wait_until(lambda: told.read_text(encoding="utf-8").count("\n") == 4, "also the root, and nothing in between")
    asked = f"--defaults-file={primary.folder}/generated/client.cnf --execute ALTER INSTANCE RELOAD TLS"
    assert set(told.read_text(encoding="utf-8").splitlines()) == {asked}


def test_passwords_survive_quoting_and_are_for_the_server_alone(primary: Pod) -> None:
    primary.succeed()
    assert """IDENTIFIED BY 'it''s "x" \\\\ $y'""" in primary.generated("accounts.sql")
    for name in ("accounts.sql", "client.cnf", "server.cnf"):
        assert (primary.folder / "generated" / name).stat().st_mode & 0o777 == 0o600


def test_no_account_has_more_rights_than_its_work_takes(primary: Pod) -> None:
    primary.succeed()
    grants = [line for line in primary.generated("accounts.sql").splitlines() if line.startswith("GRANT")]
    rights = {(line.split(" TO ")[1].split("@")[0], line.split(" ON ")[1].split(" TO ")[0]): line for line in grants}
    rows = "SELECT, INSERT, UPDATE, DELETE"
    for database in ("mediq_user_db", "mediq_queue_db"):
        assert rights["'mediq'", f"{database}.*"].startswith(f"GRANT {rows} ON")
        assert f"GRANT {rows}, CREATE, ALTER, DROP, INDEX, REFERENCES ON" in rights["'migrator'", f"{database}.*"]
    assert rights["'replicator'", "*.*"].startswith("GRANT REPLICATION SLAVE, BACKUP_ADMIN ON")
    assert {account for account, where in rights if where == "*.*"} == {"'replicator'", "'backup'", "'exporter'"}
    assert not [line for line in grants if "ALL" in line.split() or "GRANT OPTION" in line]


def test_a_pod_without_an_ordinal_is_refused(tmp_path: Path) -> None:
    done = _pod(tmp_path, "mysql").provision()
    assert (done.returncode, "ends in no ordinal" in done.stderr) == (1, True)


def test_a_password_that_replication_cannot_take_is_refused_at_once(replica: Pod) -> None:
    done = replica.provision(MYSQL_REPLICATION_PASSWORD="x" * 33)
    assert (done.returncode, "more than 32 characters" in done.stderr, replica.asked) == (1, True, "")
