#!/bin/sh
# Ready: the server lets our account in and, on a replica, both replication threads run.
set -eu

generated=${MYSQL_GENERATED:-/etc/mysql/generated}
client=$generated/client.cnf

mysqladmin --defaults-file="$client" status >/dev/null
[ -f "$generated/replica" ] || exit 0

running=$(mysql --defaults-file="$client" --batch --skip-column-names --execute "
  SELECT COUNT(*)
  FROM performance_schema.replication_connection_status receiver
  JOIN performance_schema.replication_applier_status applier USING (channel_name)
  WHERE receiver.service_state = 'ON' AND applier.service_state = 'ON'")
[ "$running" -ge 1 ] || {
  echo "not ready: replication is not running" >&2
  exit 1
}
