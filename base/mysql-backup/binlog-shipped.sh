#!/bin/sh
# Lists the binary logs that the store has already, as SERVER/FILE.
set -eu

folder=${BACKUP_FOLDER:-/backup}
# shellcheck source=/dev/null
. "${BACKUP_VAULT:-/etc/backup/vault.sh}"

umask 077
rm -rf "$folder/binlog"
# 3 is rclone's code for a folder that does not exist: nothing was shipped yet.
rclone lsf --recursive --files-only vault:binlog >"$folder/shipped" 2>"$folder/said" || {
  code=$?
  cat "$folder/said" >&2
  [ "$code" -eq 3 ] || exit "$code"
}
echo "binlog: $(wc -l <"$folder/shipped") files in $BACKUP_DESTINATION"
