#!/bin/sh
# Starts one node. Writes what is secret or differs from pod to pod into runtime.conf, in memory.
set -eu

config=${REDIS_CONFIG:-/etc/redis/mediq/redis.conf}
runtime=${REDIS_RUNTIME:-/run/redis}
data=${REDIS_DATA:-/data}
port=${REDIS_PORT:-6379}

quoted() { # as redis.conf wants it; printf, because echo may read backslashes
  printf '"%s"' "$(printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')"
}
setting() { # name value
  printf '%s %s\n' "$1" "$(quoted "$2")"
}

umask 077
{
  setting requirepass "$REDISCLI_AUTH"
  setting masterauth "$REDISCLI_AUTH"
  # While the password is changed, nodes and clients use two: docs/runbook.md, Change a password.
  [ -z "${REDIS_PASSWORD_ALSO:-}" ] ||
    printf 'user default on %s %s ~* &* +@all\n' "$(quoted ">$REDISCLI_AUTH")" "$(quoted ">$REDIS_PASSWORD_ALSO")"
  echo "cluster-announce-hostname $POD_HOST"
  # Zone and node, where bootstrap.sh reads them.
  setting cluster-announce-human-nodename "${ZONE:-}/$NODE_NAME"
  # Five eighths of what the container may have; the child that rewrites the log and the buffers take the rest.
  echo "maxmemory $((MEMORY_LIMIT_MI * 5 / 8))mb"
} >"$runtime/runtime.conf"

ask() { # node command…
  node=$1
  shift
  timeout 3 redis-cli -h "${node%:*}" -p "${node##*:}" "$@" 2>/dev/null | tr -d '\r'
}
is_up() { redis-cli -p "$port" ping 2>/dev/null | grep -q PONG; }

sees_a_cluster() {
  for peer in $REDIS_NODES; do
    if ask "$peer" cluster info | grep -qx 'cluster_state:ok'; then return 0; fi
  done
  return 1
}
is_expected() { # by anybody, to serve slots; these start at the ninth word
  for peer in $REDIS_NODES; do
    if ask "$peer" cluster nodes | awk -v me=",$POD_HOST" '
      index($2 ",", me ",") && NF >= 9 { found = 1 } END { exit !found }'; then return 0; fi
  done
  return 1
}
# A primary without slots.
is_nobody() { redis-cli -p "$port" cluster nodes | awk '/myself/ { found = $3 ~ /master/ && NF < 9 } END { exit !found }'; }

# A node without data, although there is a cluster, has lost its volume. The Job has run long ago: what it does for all
# nodes, this node does for itself, until it is done; the file says so over restarts. While the Job runs, and after an
# outage of all, this cannot be told at once: then it is a node that stays nobody for a minute.
join() {
  until is_up; do sleep 1; done
  seconds=0
  while [ ! -e "$data/joining" ] && is_nobody; do
    sleep 5
    if sees_a_cluster; then seconds=$((seconds + 5)); fi
    if [ "$seconds" -ge "${JOIN_AFTER:-60}" ]; then : >"$data/joining"; fi
  done
  [ -e "$data/joining" ] || return 0
  echo 'start: no data here although there is a cluster: joining it as a replica'
  until /bin/sh "${REDIS_BOOTSTRAP:-/etc/redis/bootstrap/bootstrap.sh}"; do sleep 5; done
  rm -f "$data/joining"
}

# Nobody may find an empty node where they expect a primary: it would keep its slots, without their data. It starts when
# a replica has taken them, or nobody has for a minute.
wait_for_a_successor() {
  deadline=$(($(date +%s) + ${SUCCESSOR_TIMEOUT:-60}))
  while is_expected && [ "$(date +%s)" -lt "$deadline" ]; do sleep 1; done
}

# After an outage of all pods every address in nodes.conf is stale, and nobody would find anybody: a node that has
# peers introduces itself to them again, by name.
rejoin() {
  until is_up; do sleep 1; done
  for peer in $REDIS_NODES; do
    address=$(getent hosts "${peer%:*}" | awk '{ print $1; exit }')
    [ -z "$address" ] || redis-cli -p "$port" cluster meet "$address" "${peer##*:}" >/dev/null
  done
}

# A renewed certificate: the server reads the files again when it is told their names, also if these are the same.
reload_certificates() { # file of settings
  set -- "$1" "$(sed -n 's/^tls-cert-file //p' "$1")" "$(sed -n 's/^tls-key-file //p' "$1")" "$(sed -n 's/^tls-ca-cert-file //p' "$1")"
  read_last=$(cksum "$2" "$4")
  until is_up; do sleep 1; done
  while sleep "${RELOAD_SECONDS:-60}"; do
    found=$(cksum "$2" "$4") || continue
    [ "$found" != "$read_last" ] || continue
    redis-cli -p "$port" config set tls-cert-file "$2" tls-key-file "$3" tls-ca-cert-file "$4" && read_last=$found
  done
}
if [ "${REDIS_TLS:-}" ]; then
  set -- --include "$REDIS_TLS" "$@"
  reload_certificates "$REDIS_TLS" &
fi

if [ ! -s "$data/nodes.conf" ] && sees_a_cluster; then
  : >"$data/joining"
  wait_for_a_successor
fi
if [ "$(grep -c connected "$data/nodes.conf" 2>/dev/null || :)" -gt 1 ] 2>/dev/null; then
  rejoin &
fi
join &
exec redis-server "$config" "$@"
