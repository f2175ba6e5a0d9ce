#!/bin/sh
# Fetches the newest backup and the binary logs after it, as one would after losing the cluster. Backups older than
# BACKUP_MAX_AGE_HOURS and binary logs older than BINLOG_MAX_AGE are a failure: then they have stopped arriving. With
# RESTORE_TO, a time in UTC like 2026-01-31 10:41:00, it fetches the newest backup from before that time, however old.
set -eu

folder=${BACKUP_FOLDER:-/backup}
# shellcheck source=/dev/null
. "${BACKUP_VAULT:-/etc/backup/vault.sh}"

fail() {
  echo "restore test: $*" >&2
  exit 1
}

umask 077
rm -rf "$folder"/mysql-* "$folder"/binlog "$folder"/logs
name=$(newest_backup vault: mysql sha256 "${BACKUP_MAX_AGE_HOURS:-26}") || fail 'there is nothing to restore'
rclone copy vault: "$folder" --include "$name.*"

# The binary logs from that backup on. A gap would make everything after it worthless.
read -r server first _ <"$folder/$name.position"
rclone lsf "vault:binlog/$server" | sort >"$folder/all" || fail "no binary logs of $server in $BACKUP_DESTINATION"
sed -n "/^$first\$/,\$p" "$folder/all" >"$folder/logs"
[ -s "$folder/logs" ] || fail "$first, with which the binary logs after $name begin, is not in $BACKUP_DESTINATION"
expected=1${first##*.}
while read -r log; do
  [ "1${log##*.}" = "$expected" ] || fail "a binary log is missing before $log"
  expected=$((expected + 1))
done <"$folder/logs"
[ "${RESTORE_TO:-}" ] || [ -n "$(rclone lsf "vault:binlog/$server" --max-age "${BINLOG_MAX_AGE:-30m}")" ] ||
  fail "no binary log has arrived within ${BINLOG_MAX_AGE:-30m}"
rclone copy "vault:binlog/$server" "$folder/binlog" --files-from "$folder/logs"
echo "restore test: fetched $name and $(wc -l <"$folder/logs") binary logs"
