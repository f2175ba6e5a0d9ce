#!/bin/sh
# Fetches the newest snapshots, as one would after losing the cluster. Older ones than BACKUP_MAX_AGE_HOURS are a failure.
# With RESTORE_TO, a time in UTC like 2026-01-31 10:41:00, it fetches the newest from before that time, however old.
set -eu

folder=${BACKUP_FOLDER:-/backup}
# shellcheck source=/dev/null
. "${BACKUP_VAULT:-/etc/backup/vault.sh}"

umask 077
rm -f "$folder"/redis-*
name=$(newest_backup vault:redis redis sha256 "${BACKUP_MAX_AGE_HOURS:-3}") || {
  echo 'restore test: there is nothing to restore' >&2
  exit 1
}
rclone copy vault:redis "$folder" --include "$name-*.rdb" --include "$name.sha256"
echo "restore test: fetched $name"
