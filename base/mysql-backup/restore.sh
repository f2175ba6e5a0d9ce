#!/bin/sh
# Restores the fetched backup into a server of its own, which nobody else can reach and which is gone afterwards, and
# compares its tables with those that the backup says it holds.
set -eu

folder=${BACKUP_FOLDER:-/backup}
scratch=${RESTORE_FOLDER:-/restore}
socket=$scratch/mysqld.sock

fail() {
  echo "restore test: $*" >&2
  exit 1
}
sql() { mysql --no-defaults --host=localhost --socket="$socket" --user=root "$@"; }

cd "$folder"
checksum=$(echo mysql-*.sha256)
name=${checksum%.sha256}
sha256sum -c "$checksum" || fail "$name is damaged"

rm -rf "$scratch/data"
mysqld --no-defaults --datadir="$scratch/data" --initialize-insecure
# The dump tells which transactions it holds, which only a server with GTIDs understands.
mysqld --no-defaults --datadir="$scratch/data" --socket="$socket" --pid-file="$scratch/mysqld.pid" --skip-networking \
  --mysqlx=OFF --gtid-mode=ON --enforce-gtid-consistency=ON --skip-log-bin --tmpdir="$scratch" &
server=$!
trap 'kill "$server" 2>/dev/null || :' EXIT
until mysqladmin --no-defaults --host=localhost --socket="$socket" --user=root ping >/dev/null 2>&1; do
  kill -0 "$server" 2>/dev/null || fail 'the server did not start; its own message is above'
  sleep 1
done

gzip -dc "$name.sql.gz" | sql || fail "$name cannot be restored"
sql --batch --skip-column-names --execute "
  SELECT CONCAT(table_schema, '.', table_name)
  FROM information_schema.tables
  WHERE table_type = 'BASE TABLE'
    AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
  ORDER BY 1" >"$scratch/tables"
[ "$(cat "$name.tables")" = "$(cat "$scratch/tables")" ] ||
  fail "$name should hold $(paste -sd ' ' "$name.tables"), and holds $(paste -sd ' ' "$scratch/tables")"
# Every table is read in full.
sql --batch --skip-column-names --execute "
  SELECT CONCAT('CHECK TABLE \`', table_schema, '\`.\`', table_name, '\`;')
  FROM information_schema.tables
  WHERE table_type = 'BASE TABLE'
    AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')" |
  sql --batch --skip-column-names >"$scratch/checks"
if grep -v 'OK$' "$scratch/checks"; then
  fail "$name restores damaged tables"
fi

trap - EXIT
kill "$server"
wait "$server" || fail 'the server did not stop cleanly'
echo "restore test: $name restored, $(wc -l <"$scratch/tables") tables"
