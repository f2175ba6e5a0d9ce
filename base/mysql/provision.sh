#!/bin/sh
# Runs before the server of a pod. Writes what differs from pod to pod, and fills an empty volume: a clone of the
# primary on a replica; on the primary (ordinal 0) what the ConfigMap mysql-empty-volume allows, a new database or a
# clone of a replica.
#
# The data folder is built beside its place and moved there when it is complete. What is in place is never touched
# again; what is not is thrown away and begun anew, so this may be killed at any moment and run any number of times.
set -eu

volume=${MYSQL_VOLUME:-/var/lib/mysql}
config=${MYSQL_CONFIG:-/etc/mysql/mediq}
generated=${MYSQL_GENERATED:-/etc/mysql/generated}
socket=${MYSQL_SOCKET:-/var/run/mysqld/provision.sock}
data=$volume/data
unfinished=$volume/data.unfinished

say() { echo "provision: $*"; }
fail() {
  echo "provision: $*" >&2
  exit 1
}

# With TLS inside the cluster, whose authority: then only a server with a certificate of it is believed.
authority=${MYSQL_TLS_CA:-}
verify=
[ -z "$authority" ] || verify=", SOURCE_SSL_CA = '$authority', SOURCE_SSL_VERIFY_SERVER_CERT = 1"

option() { # "key = value" with the value quoted as option files want it
  printf '%s = "%s"\n' "$1" "$(printf '%s' "$2" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')"
}

ordinal=${POD_NAME##*-}
case $ordinal in
  '' | *[!0-9]*) fail "POD_NAME $POD_NAME ends in no ordinal" ;;
esac

# Longer, and CHANGE REPLICATION SOURCE refuses it: after the clone.
[ "${#MYSQL_REPLICATION_PASSWORD}" -le 32 ] || fail 'MYSQL_REPLICATION_PASSWORD has more than 32 characters'

write_configuration() {
  umask 077
  rm -f "$generated/replica"
  {
    echo '[mysqld]'
    echo "server_id = $((ordinal + 1))"
    echo "report_host = $POD_NAME.${MYSQL_PRIMARY_HOST#*.}"
    # Half of what the container may have; connections, temporary tables and the server itself take the rest.
    echo "innodb_buffer_pool_size = $((MEMORY_LIMIT_MI / 2))M"
  } >"$generated/server.cnf"
  {
    echo '[client]'
    echo 'protocol = tcp'
    echo 'host = 127.0.0.1'
    echo 'user = probe'
    option password "$MYSQL_PROBE_PASSWORD"
  } >"$generated/client.cnf"
}

# Only now: during initialisation neither accounts nor a read-only server would do.
write_role() {
  if [ "$ordinal" -eq 0 ]; then
    sh "$config/accounts.sh" >"$generated/accounts.sql"
    echo "init_file = $generated/accounts.sql" >>"$generated/server.cnf"
  else
    reconnect >"$generated/replica.sql"
    echo "init_file = $generated/replica.sql" >>"$generated/server.cnf"
    echo 'super_read_only = ON' >>"$generated/server.cnf"
    : >"$generated/replica"
  fi
}

# A replica waits ten days for its primary. MySQL 8.4 would give up after 10 attempts; this number is the default of 8.0.
retries='SOURCE_CONNECT_RETRY = 10, SOURCE_RETRY_COUNT = 86400'

# Each start of a replica, so that those that were cloned earlier get these settings and a new password, too. The
# applier keeps running, because with both threads stopped the statement would delete the relay logs.
reconnect() {
  echo 'STOP REPLICA IO_THREAD;'
  echo "CHANGE REPLICATION SOURCE TO $retries, SOURCE_PASSWORD = $(sql_string "$MYSQL_REPLICATION_PASSWORD")$verify;"
  echo 'START REPLICA;'
}

# A server that was started here does not outlive this script.
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null' EXIT

start() {
  mysqld --defaults-file="$config/my.cnf" --datadir="$unfinished" --socket="$socket" --skip-networking \
    --skip-replica-start --innodb-buffer-pool-size=128M ${authority:+"--loose-clone-ssl-ca=$authority"} &
  server=$!
  until mysqladmin --no-defaults --host=localhost --socket="$socket" --user=root ping >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || fail 'the server did not start; its own message is above'
    sleep 1
  done
}

# Before the clone root has no password yet; afterwards it has the primary's.
as_root() {
  MYSQL_PWD=$root_password mysql --no-defaults --host=localhost --socket="$socket" --user=root --batch --skip-column-names
}

stop() {
  kill "$server" 2>/dev/null || :
  wait "$server" || fail 'the server did not stop cleanly'
  server=
}

sql_string() {
  printf "'%s'" "$(printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e "s/'/''/g")"
}

# All pods start at once. Five minutes, then this container is tried again and reads what the ConfigMap says by then.
wait_for() { # host
  say "waiting for $1"
  attempts=150
  until mysqladmin --no-defaults --protocol=tcp --host="$1" --connect-timeout=3 ping >/dev/null 2>&1; do
    attempts=$((attempts - 1))
    [ "$attempts" -gt 0 ] || fail "$1 does not answer"
    sleep "${MYSQL_WAIT_SECONDS:-2}"
  done
}

clone_from() { # host
  say "cloning $1"
  root_password=
  start
  # With the data in place the server asks to be restarted, finds nobody who would (error 3707), and stops itself.
  said=$(as_root 2>&1 <<SQL || :
SET GLOBAL clone_valid_donor_list = '$1:3306';
CLONE INSTANCE FROM 'replicator'@'$1':3306 IDENTIFIED BY $(sql_string "$MYSQL_REPLICATION_PASSWORD") REQUIRE SSL;
SQL
  )
  case $said in
    *'ERROR 3707'*) wait "$server" || : ;;
    *)
      stop
      fail "$1 could not be cloned: $said"
      ;;
  esac

  root_password=$MYSQL_ROOT_PASSWORD
  start
  state=$(echo 'SELECT state FROM performance_schema.clone_status' | as_root)
  [ "$state" = Completed ] || fail "the clone of $1 is $state, not Completed"
}

follow_primary() {
  as_root <<SQL
STOP REPLICA;
RESET REPLICA ALL;
CHANGE REPLICATION SOURCE TO SOURCE_HOST = '$MYSQL_PRIMARY_HOST', SOURCE_PORT = 3306, SOURCE_USER = 'replicator',
  SOURCE_PASSWORD = $(sql_string "$MYSQL_REPLICATION_PASSWORD"), SOURCE_AUTO_POSITION = 1, SOURCE_SSL = 1,
  $retries, GET_SOURCE_PUBLIC_KEY = 1$verify;
SQL
}

# A primary whose volume is empty has lost it, unless Git says that this is the first installation: replicas that would
# clone a new, empty primary hold the only other copies, and after a full outage none of them answers yet.
refuse_to_forget() {
  [ "${MYSQL_INITIALISE:-}" = yes ] ||
    fail "the primary's volume is empty and mysql-empty-volume does not say initialise=yes: see docs/runbook.md, The primary has lost its volume"
  for replica in $MYSQL_REPLICA_HOSTS; do
    if mysqladmin --no-defaults --protocol=tcp --host="$replica" --connect-timeout=3 ping >/dev/null 2>&1; then
      fail "the primary's volume is empty but $replica answers: see docs/runbook.md, The primary has lost its volume"
    fi
  done
}

fill() {
  rm -rf "$unfinished"
  if [ "$ordinal" -gt 0 ]; then
    wait_for "$MYSQL_PRIMARY_HOST"
  elif [ "${MYSQL_RECOVER_FROM:-}" ]; then
    wait_for "$MYSQL_RECOVER_FROM"
  else
    refuse_to_forget
  fi
  say 'initialising'
  mysqld --defaults-file="$config/my.cnf" --datadir="$unfinished" --initialize-insecure
  if [ "$ordinal" -gt 0 ]; then
    clone_from "$MYSQL_PRIMARY_HOST"
    follow_primary
    stop
  elif [ "${MYSQL_RECOVER_FROM:-}" ]; then
    clone_from "$MYSQL_RECOVER_FROM"
    echo 'STOP REPLICA; RESET REPLICA ALL;' | as_root
    stop
  fi
  mv "$unfinished" "$data"
}

write_configuration
if [ -d "$data" ]; then
  say 'the data is in place'
else
  fill
fi
write_role
