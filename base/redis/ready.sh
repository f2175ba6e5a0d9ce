#!/bin/sh
# Ready: this node belongs to a cluster, and the cluster serves its slots. Not before redis-bootstrap has made it.
set -eu

port=${REDIS_PORT:-6379}
redis-cli -p "$port" cluster info | tr -d '\r' | grep -qx 'cluster_state:ok'
redis-cli -p "$port" ping | grep -qx PONG
