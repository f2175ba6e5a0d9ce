#!/bin/sh
# Takes binary logs out of the cluster, encrypted, in their order: what the store has is complete up to its newest file.
set -eu

folder=${BACKUP_FOLDER:-/backup}
# shellcheck source=/dev/null
. "${BACKUP_VAULT:-/etc/backup/vault.sh}"

cd "$folder/binlog"
for file in */*; do
  [ -f "$file" ] || continue
  rclone copyto "$file" "vault:binlog/$file"
done
rclone check . vault:binlog --one-way --download
echo "binlog: $(find . -type f | wc -l) files are in $BACKUP_DESTINATION"
