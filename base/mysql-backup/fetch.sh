#!/bin/sh
# Fetches the newest backup, as one would after losing the cluster. Older than BACKUP_MAX_AGE_HOURS is a failure: then
# backups have stopped arriving.
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
newest=$(rclone lsf vault: --include 'mysql-*.sha256' | sort | tail -n 1)
[ -n "$newest" ] || fail "no backup in $BACKUP_DESTINATION"
oldest_allowed=mysql-$(date -u -d "@$(($(date +%s) - ${BACKUP_MAX_AGE_HOURS:-26} * 3600))" +%Y%m%dT%H%M%SZ)
[ "$(printf '%s\n' "$oldest_allowed" "${newest%.sha256}" | sort | tail -n 1)" = "${newest%.sha256}" ] ||
  fail "the newest backup is ${newest%.sha256}, older than $oldest_allowed"

rm -f "$folder"/mysql-*
rclone copy vault: "$folder" --include "${newest%.sha256}.*"
echo "restore test: fetched ${newest%.sha256}"
