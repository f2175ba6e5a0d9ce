#!/bin/sh
# Found before the program of this name, so that scripts, probes and people speak TLS without knowing. The program checks
# who signed the certificate of the server, not its names.
set -eu

client=${REDIS_CLI:-/usr/local/bin/redis-cli}
[ -z "${REDISCLI_PLAIN:-}" ] || exec "$client" "$@"
exec "$client" --tls --cacert "${REDIS_CA:-/etc/redis/certificates/ca.crt}" "$@"
