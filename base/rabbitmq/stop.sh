#!/bin/sh
# Before a node stops: wait until the others are a majority for every quorum queue without it, then hand over its
# leaders and connections. Both have a time limit, because all three nodes may be stopping at once.
set -u

rabbitmq-upgrade await_online_quorum_plus_one -t 120
rabbitmq-upgrade drain -t 60
