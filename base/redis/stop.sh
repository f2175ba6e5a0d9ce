#!/bin/sh
# Before a primary stops, its replica takes over, so that nobody waits for a time-out. Best effort: whatever fails
# here, the cluster fails over by itself some seconds later.
set -u

port=${REDIS_PORT:-6379}
field() { redis-cli -p "$port" info replication | tr -d '\r' | sed -n "s/^$1://p"; }

[ "$(field role)" = master ] || exit 0
replica=$(field slave0)
case $replica in *state=online*) ;; *) exit 0 ;; esac
host=$(echo "$replica" | sed 's/^ip=\([^,]*\),.*/\1/')
replica_port=$(echo "$replica" | sed 's/.*port=\([^,]*\),.*/\1/')
redis-cli -h "$host" -p "$replica_port" cluster failover || exit 0

attempts=0
until [ "$(field role)" = slave ] || [ "$attempts" -ge 10 ]; do
  attempts=$((attempts + 1))
  sleep 1
done
