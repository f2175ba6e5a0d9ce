#!/bin/sh
# Restores the fetched backup into a server of its own, which nobody else can reach and which is gone afterwards, compares
# its tables with those that the backup says it holds, and applies the binary logs. With RESTORE_HOLD_MINUTES, the
# restored server then stays that long, for whoever needs what it holds.
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
# The dump says which transactions it holds, which only a server with GTIDs understands.
start() {
  mysqld --no-defaults --datadir="$scratch/data" --socket="$socket" --pid-file="$scratch/mysqld.pid" --skip-networking \
    --mysqlx=OFF --gtid-mode=ON --enforce-gtid-consistency=ON --skip-log-bin --tmpdir="$scratch" "$@" &
  server=$!
  until mysqladmin --no-defaults --host=localhost --socket="$socket" --user=root ping >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || fail 'the server did not start; its own message is above'
    sleep 1
  done
}
stop() {
  kill "$server"
  wait "$server" || fail 'the server did not stop cleanly'
}
trap 'kill "$server" 2>/dev/null || :' EXIT
start

gzip -dc "$name.sql.gz" | sql || fail "$name cannot be restored"
sql --batch --skip-column-names --execute "
  SELECT CONCAT(table_schema, '.', table_name)
  FROM information_schema.tables
  WHERE table_type = 'BASE TABLE'
    AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
  ORDER BY 1" >"$scratch/tables"
[ "$(cat "$name.tables")" = "$(cat "$scratch/tables")" ] ||
  fail "$name should hold $(paste -sd ' ' "$name.tables"), and holds $(paste -sd ' ' "$scratch/tables")"

# Transactions that the dump holds, too, are skipped: each has its GTID.
sql --binary-mode <replay.sql || fail "the binary logs after $name cannot be applied"
# The accounts are now those of the primary, with passwords that this container does not have.
stop
start --skip-grant-tables

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

tables=$(wc -l <"$scratch/checks")
echo "restore test: $name restored with its binary logs${RESTORE_TO:+ until $RESTORE_TO}, $tables tables"
[ -z "${RESTORE_HOLD_MINUTES:-}" ] || sleep "$((RESTORE_HOLD_MINUTES * 60))"
trap - EXIT
stop
