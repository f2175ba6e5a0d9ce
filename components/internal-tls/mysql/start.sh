#!/bin/sh
# Starts the server. It reads a renewed certificate only when it is told to, so a minute after the files have changed
# somebody tells it.
set -eu

certificates=${MYSQL_CERTIFICATES:-/etc/mysql/certificates}
client=${MYSQL_GENERATED:-/etc/mysql/generated}/client.cnf

reload_certificates() {
  while sleep "${RELOAD_SECONDS:-60}"; do
    found=$(cksum "$certificates/tls.crt" "$certificates/ca.crt") || continue
    [ "$found" != "$read_last" ] || continue
    # If the server refuses, it keeps the ones before, and is told again.
    mysql --defaults-file="$client" --execute 'ALTER INSTANCE RELOAD TLS' && read_last=$found
  done
}
read_last=$(cksum "$certificates/tls.crt" "$certificates/ca.crt")
reload_certificates &
exec mysqld "$@"
