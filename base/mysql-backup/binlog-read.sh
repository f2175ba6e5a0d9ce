#!/bin/sh
# Closes the primary's binary log and copies the closed ones that the store lacks. Only closed files leave the cluster:
# they never change again, so that each is copied once.
set -eu

folder=${BACKUP_FOLDER:-/backup}
host=${MYSQL_HOST:-mysql-service}
port=${MYSQL_PORT:-3306}

fail() {
  echo "binlog: $*" >&2
  exit 1
}
sql() { mysql --defaults-file="$credentials" --batch --skip-column-names --execute "$1"; }

umask 077
# A password among the arguments or in the environment would be in sight of others.
password=$(printf '%s' "$MYSQL_BACKUP_PASSWORD" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')
unset MYSQL_BACKUP_PASSWORD
credentials=$(mktemp)
trap 'rm -f "$credentials"' EXIT
printf '[client]\nprotocol = tcp\nhost = %s\nport = %s\nuser = backup\npassword = "%s"\n' \
  "$host" "$port" "$password" >"$credentials"
# With TLS inside the cluster, only a server with that name and a certificate of that authority is believed.
[ -z "${MYSQL_TLS_CA:-}" ] || printf 'ssl-ca = %s\nssl-mode = VERIFY_IDENTITY\n' "$MYSQL_TLS_CA" >>"$credentials"

# File names begin again on another server, such as a primary that was cloned from a replica.
server=$(sql 'SELECT @@server_uuid')
sql 'FLUSH BINARY LOGS'
closed=$(sql 'SHOW BINARY LOGS' | cut -f 1 | sed '$d')
newest=$(sed -n "s|^$server/||p" "$folder/shipped" | sort | tail -n 1)

wanted=$closed
if [ "$newest" ]; then
  case "$closed
" in
    *"$newest
"*) wanted=${closed#*"$newest"} ;;
    *)
      # Either all of them are newer, and some were deleted before they were shipped, or the numbers began again.
      for file in $closed; do
        ! grep -qxF "$server/$file" "$folder/shipped" || fail "$server has begun its binary logs again: $file was shipped before"
      done
      echo "binlog: there is a gap after $newest; a restore to a point in time needs a backup from after it" >&2
      ;;
  esac
fi

mkdir -p "$folder/binlog/$server"
# shellcheck disable=SC2086 # one word for each file
[ -z "${wanted#"${wanted%%[![:space:]]*}"}" ] ||
  mysqlbinlog --defaults-file="$credentials" --read-from-remote-server --raw --result-file="$folder/binlog/$server/" $wanted
