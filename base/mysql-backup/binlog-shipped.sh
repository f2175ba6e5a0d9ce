#!/bin/sh
# Lists the binary logs that the store has already, as SERVER/FILE.
set -eu

folder=${BACKUP_FOLDER:-/backup}
: "${BACKUP_DESTINATION:?is not set: write bucket and folder into the overlay}"
RCLONE_CONFIG_VAULT_PASSWORD=$(printf '%s' "$BACKUP_ENCRYPTION_PASSWORD" | rclone obscure -)
export RCLONE_CONFIG_VAULT_TYPE=crypt RCLONE_CONFIG_VAULT_PASSWORD
export RCLONE_CONFIG_VAULT_REMOTE="offsite:$BACKUP_DESTINATION"

umask 077
rm -rf "$folder/binlog"
# 3 is rclone's code for a folder that does not exist: nothing was shipped yet.
rclone lsf --recursive --files-only vault:binlog >"$folder/shipped" 2>"$folder/said" || {
  code=$?
  cat "$folder/said" >&2
  [ "$code" -eq 3 ] || exit "$code"
}
echo "binlog: $(wc -l <"$folder/shipped") files in $BACKUP_DESTINATION"
