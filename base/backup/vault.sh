#!/bin/sh
# Read by every script that uses the object store. Makes it the remote `vault:` of rclone, whose files and names are
# encrypted in this pod: the store never sees a patient's name.
set -eu

: "${BACKUP_DESTINATION:?is not set: write bucket and folder into the overlay}"
RCLONE_CONFIG_VAULT_PASSWORD=$(printf '%s' "$BACKUP_ENCRYPTION_PASSWORD" | rclone obscure -)
export RCLONE_CONFIG_VAULT_TYPE=crypt RCLONE_CONFIG_VAULT_PASSWORD
export RCLONE_CONFIG_VAULT_REMOTE="offsite:$BACKUP_DESTINATION"

# Prints the newest KIND-TIME that has a file KIND-TIME.ENDING; names sort like their times. One that is older than that
# many hours is a failure: then they have stopped arriving. With RESTORE_TO, a time in UTC like 2026-01-31 10:41:00, it
# is the newest from before that time, however old.
newest_backup() { # remote kind ending hours
  names=$(rclone lsf "$1" --include "$2-*.$3") || return
  names=$(printf '%s\n' "$names" | sed "s/\.$3\$//" | sort)
  if [ "${RESTORE_TO:-}" ]; then
    limit=$2-$(date -u -d "$RESTORE_TO" +%Y%m%dT%H%M%SZ)
    newest=$(printf '%s\n' "$names" "$limit" | sort | grep -xF -B 1 "$limit" | grep -vxF "$limit" || :)
    missing="no backup from before $RESTORE_TO in $BACKUP_DESTINATION"
  else
    limit=$2-$(date -u -d "@$(($(date +%s) - $4 * 3600))" +%Y%m%dT%H%M%SZ)
    newest=$(printf '%s\n' "$names" | tail -n 1)
    missing="no backup in $BACKUP_DESTINATION"
  fi
  if [ -z "$newest" ]; then
    echo "$missing" >&2
    return 1
  fi
  if [ -z "${RESTORE_TO:-}" ] && [ "$(printf '%s\n' "$limit" "$newest" | sort | tail -n 1)" != "$newest" ]; then
    echo "the newest backup is $newest, older than $limit" >&2
    return 1
  fi
  printf '%s\n' "$newest"
}
