#!/bin/sh
# Ready: the cluster serves its slots, and this node serves some or has a whole copy of them. A rolling update goes on
# when a node is ready, so a replica that still copies must not be: it could not take over.
set -eu

port=${REDIS_PORT:-6379}
ask() { redis-cli -p "$port" "$@" | tr -d '\r'; }

ask cluster info | grep -qx 'cluster_state:ok'
case $(ask info replication) in
  *role:slave*master_link_status:up*) ;;
  # Slots start at the ninth word: without one, this primary is nobody yet.
  *role:master*) ask cluster nodes | awk '/myself/ { found = NF >= 9 } END { exit !found }' ;;
  *) exit 1 ;;
esac
