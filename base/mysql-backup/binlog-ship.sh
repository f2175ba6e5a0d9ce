#!/bin/sh
# Takes binary logs out of the cluster, encrypted, in their order: what the store has is complete up to its newest file.
set -eu

folder=${BACKUP_FOLDER:-/backup}
: "${BACKUP_DESTINATION:?is not set: write bucket and folder into the overlay}"
RCLONE_CONFIG_VAULT_PASSWORD=$(printf '%s' "$BACKUP_ENCRYPTION_PASSWORD" | rclone obscure -)
export RCLONE_CONFIG_VAULT_TYPE=crypt RCLONE_CONFIG_VAULT_PASSWORD
export RCLONE_CONFIG_VAULT_REMOTE="offsite:$BACKUP_DESTINATION"

cd "$folder/binlog"
for file in */*; do
  [ -f "$file" ] || continue
  rclone copyto "$file" "vault:binlog/$file"
done
rclone check . vault:binlog --one-way --download
echo "binlog: $(find . -type f | wc -l) files are in $BACKUP_DESTINATION"
