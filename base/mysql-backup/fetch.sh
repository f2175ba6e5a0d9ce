#!/bin/sh
# Fetches the newest backup and the binary logs after it, as one would after losing the cluster. Backups older than
# BACKUP_MAX_AGE_HOURS and binary logs older than BINLOG_MAX_AGE are a failure: then they have stopped arriving. With
# RESTORE_TO, a time in UTC like 2026-01-31 10:41:00, it fetches the newest backup from before that time, however old.
set -eu

folder=${BACKUP_FOLDER:-/backup}
: "${BACKUP_DESTINATION:?is not set: write bucket and folder into the overlay}"
RCLONE_CONFIG_VAULT_PASSWORD=$(printf '%s' "$BACKUP_ENCRYPTION_PASSWORD" | rclone obscure -)
export RCLONE_CONFIG_VAULT_TYPE=crypt RCLONE_CONFIG_VAULT_PASSWORD
export RCLONE_CONFIG_VAULT_REMOTE="offsite:$BACKUP_DESTINATION"

fail() {
  echo "restore test: $*" >&2
  exit 1
}

umask 077
rm -rf "$folder"/mysql-* "$folder"/binlog "$folder"/logs
rclone lsf vault: --include 'mysql-*.sha256' | sort >"$folder/backups"
if [ "${RESTORE_TO:-}" ]; then
  # The newest one that was begun before that time: a name sorts like its time.
  latest=mysql-$(date -u -d "$RESTORE_TO" +%Y%m%dT%H%M%SZ)
  newest=$({ cat "$folder/backups"; echo "$latest"; } | sort | grep -xF -B 1 "$latest" | grep -vxF "$latest" || :)
  [ -n "$newest" ] || fail "no backup from before $RESTORE_TO in $BACKUP_DESTINATION"
else
  newest=$(tail -n 1 "$folder/backups")
  [ -n "$newest" ] || fail "no backup in $BACKUP_DESTINATION"
  oldest_allowed=mysql-$(date -u -d "@$(($(date +%s) - ${BACKUP_MAX_AGE_HOURS:-26} * 3600))" +%Y%m%dT%H%M%SZ)
  [ "$(printf '%s\n' "$oldest_allowed" "${newest%.sha256}" | sort | tail -n 1)" = "${newest%.sha256}" ] ||
    fail "the newest backup is ${newest%.sha256}, older than $oldest_allowed"
fi
name=${newest%.sha256}
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
