#!/bin/sh
# Takes the definitions of the broker (users, virtual hosts, queues, exchanges, bindings, policies; no messages) out of the
# cluster, encrypted, reads them back and compares. With RESTORE_HOLD_MINUTES it fetches the newest ones instead, or with
# RESTORE_TO those from before that time, and stays that long for whoever imports them.
set -eu

folder=${BACKUP_FOLDER:-/backup}
# shellcheck source=/dev/null
. "${BACKUP_VAULT:-/etc/backup/vault.sh}"

fail() {
  echo "backup: $*" >&2
  exit 1
}

umask 077
cd "$folder"
rm -f ./rabbitmq-* ./definitions.json
if [ "${RESTORE_HOLD_MINUTES:-}" ]; then
  name=$(newest_backup vault:rabbitmq rabbitmq json 1000000) || fail 'there is nothing to restore'
  rclone copyto "vault:rabbitmq/$name.json" definitions.json
  echo "backup: fetched $name as $folder/definitions.json"
  sleep "$((RESTORE_HOLD_MINUTES * 60))"
  exit 0
fi

name=rabbitmq-$(date -u +%Y%m%dT%H%M%SZ).json
# Only an administrator may read definitions. A password among the arguments would be in sight of others, so the header
# is in the environment of this one command.
credentials=$(printf '%s:%s' "$RABBITMQ_ADMIN_USER" "$RABBITMQ_ADMIN_PASSWORD" | base64 | tr -d '\n')
# RABBITMQ_CA only for it, too: the object store has a certificate of the internet.
RCLONE_HEADER="Authorization: Basic $credentials" rclone copyurl ${RABBITMQ_CA:+"--ca-cert=$RABBITMQ_CA"} \
  "${RABBITMQ_API:-http://rabbitmq-service:15672/api}/definitions" "$name"
[ "$(tail -c 1 "$name")" = '}' ] || fail 'the definitions are not complete'
rclone copyto "$name" "vault:rabbitmq/$name"
rclone check . vault:rabbitmq --include "$name" --one-way --download
echo "backup: $name in $BACKUP_DESTINATION, $(wc -c <"$name") bytes"
