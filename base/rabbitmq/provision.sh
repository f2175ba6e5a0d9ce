#!/bin/sh
# Runs before the broker of a pod: writes what comes from the secret, in memory, as files that only the broker reads.
set -eu

home=${RABBITMQ_HOME:-/var/lib/rabbitmq}
config=${RABBITMQ_SETTINGS:-/etc/rabbitmq/mediq}
definitions=${RABBITMQ_DEFINITIONS:-/etc/rabbitmq/definitions}

json() { printf '"%s"' "$(printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')"; }

umask 077
# Erlang refuses a cookie that anybody else may read, and fsGroup opens files on volumes to the group.
rm -f "$home/.erlang.cookie"
printf '%s' "$ERLANG_COOKIE" >"$home/.erlang.cookie"
chmod 0400 "$home/.erlang.cookie"

# The services declare, publish and consume what topology.json names, and nothing else. The tag lets the same account
# read the length of its queues on the management port; the administrator is for people.
ours='mediq_exchange|(user|ocr|patient_queue)_service_queue'
cat >"$definitions/definitions.json" <<JSON
{
  "users": [
    {"name": $(json "$RABBITMQ_USER"), "password": $(json "$RABBITMQ_PASSWORD"), "tags": ["management"]},
    {"name": $(json "$RABBITMQ_ADMIN_USER"), "password": $(json "$RABBITMQ_ADMIN_PASSWORD"), "tags": ["administrator"]}
  ],
  "permissions": [
    {
      "user": $(json "$RABBITMQ_USER"),
      "vhost": "mediq",
      "configure": "^($ours)$",
      "write": "^($ours|amq\\\\.default)$",
      "read": "^($ours|amq\\\\.rabbitmq\\\\.reply-to.*)$"
    },
    {"user": $(json "$RABBITMQ_ADMIN_USER"), "vhost": "mediq", "configure": ".*", "write": ".*", "read": ".*"}
  ],
JSON
# The topology without the brace of its first line is the rest of the document.
sed 1d "$config/topology.json" >>"$definitions/definitions.json"
