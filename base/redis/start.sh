#!/bin/sh
# Starts one node. Writes what is secret or differs from pod to pod into runtime.conf, in memory.
set -eu

config=${REDIS_CONFIG:-/etc/redis/mediq/redis.conf}
runtime=${REDIS_RUNTIME:-/run/redis}
data=${REDIS_DATA:-/data}
port=${REDIS_PORT:-6379}

setting() { # name value, quoted as redis.conf wants it; printf, because echo may read backslashes
  printf '%s "%s"\n' "$1" "$(printf '%s' "$2" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')"
}

umask 077
{
  setting requirepass "$REDISCLI_AUTH"
  setting masterauth "$REDISCLI_AUTH"
  echo "cluster-announce-hostname $POD_HOST"
  # Five eighths of what the container may have; the child that rewrites the log and the buffers take the rest.
  echo "maxmemory $((MEMORY_LIMIT_MI * 5 / 8))mb"
} >"$runtime/runtime.conf"

# After an outage of all pods every address in nodes.conf is stale, and nobody would find anybody: a node that has
# peers introduces itself to them again, by name.
rejoin() {
  until redis-cli -p "$port" ping 2>/dev/null | grep -q PONG; do sleep 1; done
  for peer in $REDIS_NODES; do
    address=$(getent hosts "${peer%:*}" | awk '{ print $1; exit }')
    [ -z "$address" ] || redis-cli -p "$port" cluster meet "$address" "${peer##*:}" >/dev/null
  done
}

if [ "$(grep -c connected "$data/nodes.conf" 2>/dev/null || :)" -gt 1 ] 2>/dev/null; then
  rejoin &
fi
exec redis-server "$config" "$@"
