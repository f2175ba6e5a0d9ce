#!/bin/sh
# Takes the backup out of the cluster. It is encrypted here: the store never sees a patient's name. Reads it back and
# compares, because an upload that nobody read is a hope. Deleting old ones is the bucket's own lifecycle rule, so
# that the credentials in the cluster need no right to delete.
set -eu

folder=${BACKUP_FOLDER:-/backup}
: "${BACKUP_DESTINATION:?is not set: write bucket and folder into the overlay}"
RCLONE_CONFIG_VAULT_PASSWORD=$(printf '%s' "$BACKUP_ENCRYPTION_PASSWORD" | rclone obscure -)
export RCLONE_CONFIG_VAULT_TYPE=crypt RCLONE_CONFIG_VAULT_PASSWORD
export RCLONE_CONFIG_VAULT_REMOTE="offsite:$BACKUP_DESTINATION"

# The checksum last: a backup without one is an upload that was interrupted.
rclone copy "$folder" vault: --include 'mysql-*.sql.gz' --include 'mysql-*.tables' --include 'mysql-*.position'
rclone copy "$folder" vault: --include 'mysql-*.sha256'
rclone check "$folder" vault: --include 'mysql-*' --one-way --download
echo "backup: in $BACKUP_DESTINATION"
