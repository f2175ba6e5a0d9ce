#!/bin/sh
# Takes the snapshots out of the cluster, encrypted, reads them back and compares.
set -eu

folder=${BACKUP_FOLDER:-/backup}
# shellcheck source=/dev/null
. "${BACKUP_VAULT:-/etc/backup/vault.sh}"

# The checksum last: a backup without one is an upload that was interrupted.
rclone copy "$folder" vault:redis --include 'redis-*.rdb'
rclone copy "$folder" vault:redis --include 'redis-*.sha256'
rclone check "$folder" vault:redis --include 'redis-*' --one-way --download
echo "backup: in $BACKUP_DESTINATION"
