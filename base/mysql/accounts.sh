#!/bin/sh
# Prints the statements that give every account its password and exactly the rights it needs. The primary runs them
# each time it starts (init_file), so they must hold however often they run; replicas receive them by replication.
# One statement a line: init_file wants it so.
set -eu

# printf, because echo may read backslashes.
statement() { printf '%s\n' "$*;"; }

quoted() {
  printf "'%s'" "$(printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e "s/'/''/g")"
}

account() { # name password requirement
  name=$(quoted "$1")
  statement "CREATE USER IF NOT EXISTS $name@'%' IDENTIFIED BY $(quoted "$2")"
  statement "ALTER USER $name@'%' IDENTIFIED BY $(quoted "$2") $3"
}

statement "ALTER USER 'root'@'localhost' IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD")"

for database in mediq_user_db mediq_queue_db; do
  statement "CREATE DATABASE IF NOT EXISTS $database CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci"
done

# The services read and write rows; they never change a table. Their limit is below max_connections (my.cnf), so that
# a service without a limit in its DATABASE_URL leaves room for replicas, backups and people.
account "$MYSQL_USER" "$MYSQL_PASSWORD" 'REQUIRE NONE WITH MAX_USER_CONNECTIONS 252'
# The migration Jobs change tables.
account migrator "$MYSQL_MIGRATION_PASSWORD" 'REQUIRE NONE WITH MAX_USER_CONNECTIONS 8'
for database in mediq_user_db mediq_queue_db; do
  statement "GRANT SELECT, INSERT, UPDATE, DELETE ON $database.* TO $(quoted "$MYSQL_USER")@'%'"
  statement "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES ON $database.* TO 'migrator'@'%'"
done

# Replicas clone the primary (BACKUP_ADMIN) and follow it.
account replicator "$MYSQL_REPLICATION_PASSWORD" 'REQUIRE SSL'
statement "GRANT REPLICATION SLAVE, BACKUP_ADMIN ON *.* TO 'replicator'@'%'"

# What mysqldump --all-databases --single-transaction --routines --events --triggers --set-gtid-purged=ON --source-data
# asks for, and (REPLICATION …) who reads the binary logs.
account backup "$MYSQL_BACKUP_PASSWORD" 'WITH MAX_USER_CONNECTIONS 4'
statement "GRANT SELECT, SHOW VIEW, SHOW_ROUTINE, TRIGGER, EVENT, PROCESS, RELOAD ON *.* TO 'backup'@'%'"
statement "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'backup'@'%'"

account exporter "$MYSQL_EXPORTER_PASSWORD" 'WITH MAX_USER_CONNECTIONS 3'
statement "GRANT PROCESS, REPLICATION CLIENT ON *.* TO 'exporter'@'%'"
statement "GRANT SELECT ON performance_schema.* TO 'exporter'@'%'"

account probe "$MYSQL_PROBE_PASSWORD" 'REQUIRE NONE'
statement "GRANT SELECT ON performance_schema.replication_connection_status TO 'probe'@'%'"
statement "GRANT SELECT ON performance_schema.replication_applier_status TO 'probe'@'%'"
# With TLS inside the cluster, it also lets the server read a renewed certificate (ALTER INSTANCE RELOAD TLS).
[ -z "${MYSQL_TLS_CA:-}" ] || statement "GRANT CONNECTION_ADMIN ON *.* TO 'probe'@'%'"
