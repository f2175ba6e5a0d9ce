#!/bin/sh
# Writes one backup: NAME.sql.gz (all databases), NAME.tables (what must be there after a restore), NAME.position (the
# server, and where its binary log continues) and NAME.sha256. Their name is the time in UTC, so that the newest sorts last.
set -eu

folder=${BACKUP_FOLDER:-/backup}
host=${MYSQL_HOST:-mysql-service}
port=${MYSQL_PORT:-3306}
name=mysql-$(date -u +%Y%m%dT%H%M%SZ)

fail() {
  echo "backup: $*" >&2
  exit 1
}

umask 077
cd "$folder"
rm -f ./mysql-*

# A password among the arguments or in the environment of mysqldump would be in sight of others.
password=$(printf '%s' "$MYSQL_BACKUP_PASSWORD" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')
unset MYSQL_BACKUP_PASSWORD
credentials=$(mktemp)
trap 'rm -f "$credentials"' EXIT
printf '[client]\nprotocol = tcp\nhost = %s\nport = %s\nuser = backup\npassword = "%s"\n' \
  "$host" "$port" "$password" >"$credentials"
# With TLS inside the cluster, only a server with that name and a certificate of that authority is believed.
[ -z "${MYSQL_TLS_CA:-}" ] || printf 'ssl-ca = %s\nssl-mode = VERIFY_IDENTITY\n' "$MYSQL_TLS_CA" >>"$credentials"

mysql --defaults-file="$credentials" --batch --skip-column-names --execute "
  SELECT CONCAT(table_schema, '.', table_name)
  FROM information_schema.tables
  WHERE table_type = 'BASE TABLE'
    AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
  ORDER BY 1" >"$name.tables"

mysqldump --defaults-file="$credentials" --all-databases --single-transaction --quick --routines --events --triggers \
  --hex-blob --default-character-set=utf8mb4 --set-gtid-purged=ON --source-data=2 | gzip >"$name.sql.gz"
# The status of a pipe is that of gzip; mysqldump says in its last line whether it came to the end.
gzip -dc "$name.sql.gz" | tail -n 1 | grep -q '^-- Dump completed' || fail "$name.sql.gz is not complete"

# A comment at the beginning of the dump (--source-data=2).
position=$(gzip -dc "$name.sql.gz" | head -n 100 |
  sed -n "s/^-- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='\([^']*\)', SOURCE_LOG_POS=\([0-9]*\);.*/\1 \2/p")
[ -n "$position" ] || fail "$name.sql.gz does not say where the binary log continues"
server=$(mysql --defaults-file="$credentials" --batch --skip-column-names --execute 'SELECT @@server_uuid')
echo "$server $position" >"$name.position"

sha256sum "$name.sql.gz" "$name.tables" "$name.position" >"$name.sha256"
echo "backup: $name, $(wc -c <"$name.sql.gz") bytes, $(wc -l <"$name.tables") tables"
