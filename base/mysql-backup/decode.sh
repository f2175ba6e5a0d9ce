#!/bin/sh
# Makes statements of the binary logs, from the position of the backup to RESTORE_TO or their end.
set -eu

folder=${BACKUP_FOLDER:-/backup}
cd "$folder"
read -r _ _ position <"$(echo mysql-*.position)"
set -- --no-defaults --start-position="$position"
[ -z "${RESTORE_TO:-}" ] || set -- "$@" --stop-datetime="$RESTORE_TO"
cd binlog
umask 077
# Times are those of the machine: RESTORE_TO is in UTC.
# shellcheck disable=SC2046 # one word for each file
TZ=UTC mysqlbinlog "$@" $(cat ../logs) >../replay.sql
echo "restore test: $(wc -c <../replay.sql) bytes of statements"
