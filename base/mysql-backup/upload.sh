#!/bin/sh
# Takes the backup out of the cluster, encrypted. Reads it back and compares, because an upload that nobody read is a
# hope. Deleting old ones is the bucket's own lifecycle rule, so that the credentials in the cluster need no right to
# delete.
set -eu

folder=${BACKUP_FOLDER:-/backup}
# shellcheck source=/dev/null
. "${BACKUP_VAULT:-/etc/backup/vault.sh}"

# The checksum last: a backup without one is an upload that was interrupted.
rclone copy "$folder" vault: --include 'mysql-*.sql.gz' --include 'mysql-*.tables' --include 'mysql-*.position'
rclone copy "$folder" vault: --include 'mysql-*.sha256'
rclone check "$folder" vault: --include 'mysql-*' --one-way --download
echo "backup: in $BACKUP_DESTINATION"
