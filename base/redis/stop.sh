#!/bin/sh
# Before a primary stops, a replica takes over, so that nobody waits for a time-out and no write is lost. A replica that
# is still copying is waited for. Best effort, with a time limit: all nodes may be stopping, or there is no replica.
set -u

port=${REDIS_PORT:-6379}
deadline=$(($(date +%s) + ${HANDOVER_TIMEOUT:-90}))
replication() { redis-cli -p "$port" info replication | tr -d '\r'; }
is_primary() { replication | grep -qx 'role:master'; }
in_time() { [ "$(date +%s)" -lt "$deadline" ]; }

while is_primary && in_time; do
  replica=$(replication | grep -m 1 '^slave[0-9]*:.*state=online')
  if [ -n "$replica" ]; then
    host=$(echo "$replica" | sed 's/.*:ip=\([^,]*\),.*/\1/')
    replica_port=$(echo "$replica" | sed 's/.*port=\([^,]*\),.*/\1/')
    redis-cli -h "$host" -p "$replica_port" cluster failover
    # The replica gives up after five seconds; then it is asked again.
    attempts=0
    while is_primary && [ "$attempts" -lt 6 ]; do
      attempts=$((attempts + 1))
      sleep 1
    done
  else
    sleep 1
  fi
done
