#!/bin/sh
# Writes one backup: NAME-N.rdb, a snapshot of each primary, and NAME.sha256. Their name is the time in UTC, so that the
# newest sorts last. The snapshots are taken one after the other: a primary forks for each, and only one at a time.
set -eu

folder=${BACKUP_FOLDER:-/backup}
name=redis-$(date -u +%Y%m%dT%H%M%SZ)

fail() {
  echo "backup: $*" >&2
  exit 1
}
at() { # node command…
  node=$1
  shift
  redis-cli -h "${node%:*}" -p "${node##*:}" "$@"
}
# How many slots a node serves, by its own word; they start at the ninth word. Nobody's word is none.
slots() { # node
  at "$1" cluster nodes | tr -d '\r' | awk '
    /myself/ && $3 ~ /master/ {
      for (word = 9; word <= NF; word++) {
        if ($word ~ /^\[/) continue
        split($word, range, "-"); sum += (range[2] == "" ? range[1] : range[2]) - range[1] + 1 } }
    END { print sum + 0 }'
}

umask 077
cd "$folder"
rm -f ./redis-*
served=0
number=0
for node in $REDIS_NODES; do
  count=$(slots "$node")
  [ "$count" -gt 0 ] || continue
  at "$node" --rdb "$name-$number.rdb"
  redis-check-rdb "$name-$number.rdb" || fail "the snapshot of $node is damaged"
  served=$((served + count))
  number=$((number + 1))
done
# Fewer: a third of the keys would be missing. More: a replica took over meanwhile. The next attempt begins again.
[ "$served" -eq 16384 ] || fail "the primaries that answer serve $served slots instead of 16384"
sha256sum "$name"-*.rdb >"$name.sha256"
echo "backup: $name, $number snapshots"
