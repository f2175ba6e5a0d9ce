"""Programs of MySQL, played by those of MariaDB: what only MySQL knows is asked for, then left out or translated."""

from __future__ import annotations

from pathlib import Path

SERVER = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
# MariaDB checks the name of a server by an option of its own.
TRANSLATE = """
    for each; do
      case $each in
        --defaults-file=*) sed -i 's/^ssl-mode = VERIFY_IDENTITY$/ssl-verify-server-cert/' "${each#*=}" ;;
      esac
    done
"""
# What the scripts call, in terms of MariaDB. Each insists on the options that matter.
STAND_INS = {
    "mysqldump": """
        wanted="--all-databases --single-transaction --routines --events --triggers --set-gtid-purged=ON"
        for each in $wanted --source-data=2; do
          case " $* " in *" $each "*) ;; *) echo "mysqldump: $each is missing" >&2; exit 1 ;; esac
        done
        for each; do
          shift
          case $each in
            --set-gtid-purged=*) ;;
            --source-data=2) set -- "$@" --master-data=2 ;;
            *) set -- "$@" "$each" ;;
          esac
        done
        [ -z "${DIES_HALF_WAY:-}" ] || { mariadb-dump "$@" | head -n 40; exit 1; }
        mariadb-dump "$@" | sed '/^-- CHANGE MASTER/ {s/MASTER TO/REPLICATION SOURCE TO/; s/MASTER_/SOURCE_/g}'
    """,
    "mysql": f"""
        for each; do
          shift
          case $each in 'SELECT @@server_uuid') each="SELECT '{SERVER}'" ;; esac
          set -- "$@" "$each"
        done
        exec mariadb "$@"
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


def stand_in(folder: Path) -> None:
    """Put them into a folder, for a PATH."""
    for name, text in STAND_INS.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{TRANSLATE}{text}", encoding="utf-8")
        program.chmod(0o755)
