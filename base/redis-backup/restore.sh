#!/bin/sh
# Loads the fetched snapshots, one after the other, into a server of its own that nobody else can reach. With RESTORE_INTO,
# a node of the cluster as host:port, it copies their keys there, wherever their slots are by now. Keys that the cluster
# has are a failure, unless RESTORE_REPLACE says yes.
set -eu

folder=${BACKUP_FOLDER:-/backup}
port=${RESTORE_PORT:-7000}

fail() {
  echo "restore test: $*" >&2
  exit 1
}
# The server here has neither a password nor TLS: only this pod reaches it, and the import connects to it in plain text.
here() { env -u REDISCLI_AUTH REDISCLI_PLAIN=yes redis-cli -h 127.0.0.1 -p "$port" "$@" | tr -d '\r'; }

server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || :' EXIT

load() { # snapshot
  snapshot=$1
  # Its way to the cluster may need TLS nevertheless.
  set -- --port "$port"
  [ -z "${REDIS_TLS:-}" ] || set -- --include "$REDIS_TLS" --tls-port 0 "$@"
  redis-server --bind 127.0.0.1 --dir "$folder" --dbfilename "$snapshot" --save '' --appendonly no "$@" &
  server=$!
  # While it loads, it answers with an error.
  until [ "$(here ping 2>/dev/null)" = PONG ]; do
    kill -0 "$server" 2>/dev/null || fail "$snapshot cannot be loaded; the server's own message is above"
    sleep 0.2
  done
}

copy() { # snapshot
  set -- "$1" --cluster import "$RESTORE_INTO" --cluster-from "127.0.0.1:$port" --cluster-copy
  [ "${RESTORE_REPLACE:-}" != yes ] || set -- "$@" --cluster-replace
  snapshot=$1
  shift
  redis-cli "$@" || fail "$snapshot was not copied as a whole"
}

# redis-cli 7 and 8 put the password into a format string, one word for each part of it.
case ${RESTORE_INTO:+$REDISCLI_AUTH} in
  *[[:space:]%]*) fail 'redis-cli cannot import with a password that has a space or a per cent sign' ;;
esac
cd "$folder"
checksum=$(echo redis-*.sha256)
sha256sum -c "$checksum" || fail "${checksum%.sha256} is damaged"
total=0
for file in "${checksum%.sha256}"-*.rdb; do
  load "$file"
  keys=$(here dbsize)
  [ -z "${RESTORE_INTO:-}" ] || [ "$keys" -eq 0 ] || copy "$file"
  total=$((total + keys))
  kill "$server"
  wait "$server" || fail 'the server did not stop cleanly'
  server=
done
echo "restore test: ${checksum%.sha256} restored${RESTORE_INTO:+ into $RESTORE_INTO}, $total keys"
