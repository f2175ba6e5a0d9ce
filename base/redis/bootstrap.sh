#!/bin/sh
# Makes a cluster of the nodes in REDIS_NODES ("host:port …", the primaries first), one step at a time. Each step asks
# first whether it is needed: run again, it changes nothing; killed half-way, the next run finishes what is missing.
# A node that lost its volume runs it too (start.sh): that takes it in and forgets the one that it was. It never moves or
# drops data.
set -eu

deadline=$(($(date +%s) + ${BOOTSTRAP_TIMEOUT:-600}))
primaries=3
slots=16384

say() { echo "bootstrap: $*"; }
fail() {
  echo "bootstrap: $*" >&2
  exit 1
}

ask() { # node command…
  node=$1
  shift
  redis-cli -h "${node%:*}" -p "${node##*:}" "$@" | tr -d '\r'
}

tell() { # node command…: it must answer OK
  answer=$(ask "$@")
  [ "$answer" = OK ] || fail "$*: $answer"
}

until_true() { # what command…
  what=$1
  shift
  until "$@"; do
    [ "$(date +%s)" -lt "$deadline" ] || fail "gave up waiting until $what"
    sleep 1
  done
}

address() { getent hosts "${1%:*}" | awk '{ print $1; exit }'; }
id() { ask "$1" cluster myid; }
info() { ask "$1" cluster info | sed -n "s/^$2://p"; }

# Zone and Kubernetes node of a pod, as start.sh has written them.
place() { ask "$1" config get cluster-announce-human-nodename | sed -n 2p; }

answers() { [ "$(ask "$1" ping 2>/dev/null)" = PONG ]; }

all() { # command: it holds for every node
  for each in $REDIS_NODES; do "$1" "$each" || return 1; done
}

# --- everybody knows everybody -------------------------------------------------------------------------------------

# Distinct epochs before the first contact spare the primaries a dispute about who came first.
set_epoch() { # node epoch
  [ "$(info "$1" cluster_known_nodes)" -eq 1 ] || return 0
  [ "$(info "$1" cluster_my_epoch)" -eq 0 ] || return 0
  [ "$(info "$1" cluster_slots_assigned)" -eq 0 ] || return 0
  tell "$1" cluster set-config-epoch "$2"
}

# Its line in the first node's table, if it is there and in good health.
knows() { # id
  ask "$first" cluster nodes | grep "^$1 " | grep -qv -e fail -e handshake -e noaddr -e disconnected
}

meet() { # node
  identity=$(id "$1")
  knows "$identity" && return 0
  say "$first meets $1"
  tell "$first" cluster meet "$(address "$1")" "${1##*:}"
  until_true "$first knows $1" knows "$identity"
}

knows_all() { # node
  table=$(ask "$1" cluster nodes)
  for identity in $identities; do
    echo "$table" | grep "^$identity " | grep -qv -e handshake -e noaddr || return 1
  done
}

# --- every slot has a primary --------------------------------------------------------------------------------------

# The id of whoever serves a slot, by any node's table: news travels, and whoever was told last knows best. Slots start
# at the ninth word; those in brackets are on their way elsewhere.
owner() { # slot
  for each in $REDIS_NODES; do ask "$each" cluster nodes; done | awk -v slot="$1" '
    { for (word = 9; word <= NF; word++) {
        if ($word ~ /^\[/) continue
        split($word, range, "-"); last = range[2] == "" ? range[1] : range[2]
        if (slot + 0 >= range[1] + 0 && slot + 0 <= last + 0) print $1 } }'
}

# The members in the order in which they get slots: the first of each Kubernetes node before the second of any.
apart() {
  for each in $REDIS_NODES; do echo "$each $(place "$each")"; done |
    awk '{ print seen[$2]++, NR, $1 }' | sort -n -k 1,1 -k 2,2 | awk '{ print $3 }'
}

assign() { # node from to
  [ -z "$(owner "$2")" ] || return 0
  say "$1 serves slots $2 to $3"
  tell "$1" cluster addslotsrange "$2" "$3"
}

# --- every primary has a replica -----------------------------------------------------------------------------------

# The place of each node, and what it says of itself: of that it is sure.
selves() {
  for each in $REDIS_NODES; do
    echo "$(place "$each") $(ask "$each" cluster nodes | grep myself)"
  done
}

# After an outage in which a primary was lost, its replica has to be told to take over: only then it is short of one.
is_served() {
  served=$(selves | awk -v sum=0 '
    $4 ~ /master/ {
      for (word = 10; word <= NF; word++) {
        if ($word ~ /^\[/) continue
        split($word, range, "-"); sum += (range[2] == "" ? range[1] : range[2]) - range[1] + 1 } }
    END { print sum }')
  [ "$served" -eq $slots ]
}

# "replica primary", a line for each primary without slots. Of all ways to pair them, the one that leaves the fewest
# primaries alone, then the fewest pairs on one Kubernetes node, then the fewest in one zone.
pairs() {
  selves | awk '
    { split($1, at, "/"); id = $2; zone[id] = at[1]; node[id] = at[2] }
    $4 ~ /slave/ { count[$5]++ }
    $4 ~ /master/ && NF >= 10 { primary[++primaries] = id }
    $4 ~ /master/ && NF < 10 { spare[++spares] = id }
    function price(a, b) {
      return 1000 * count[b] + 100 * (node[a] == node[b]) + (zone[a] != "" && zone[a] == zone[b])
    }
    function pair(i, sum,   j, more) {
      if (sum >= least) return
      if (i > spares) { least = sum; for (j in now) chosen[j] = now[j]; return }
      for (j = 1; j <= primaries; j++) {
        more = price(spare[i], primary[j])
        now[i] = primary[j]; count[primary[j]]++
        pair(i + 1, sum + more)
        count[primary[j]]--
      }
    }
    END { least = 1000000; pair(1, 0); for (i = 1; i <= spares; i++) print spare[i], chosen[i] }'
}

replicate() { # node
  chosen=$(echo "$wanted" | sed -n "s/^$(id "$1") //p")
  [ -n "$chosen" ] || return 0
  say "$1 replicates $chosen"
  tell "$1" cluster replicate "$chosen"
}

# --- nobody remembers the dead -------------------------------------------------------------------------------------

is_settled() { # node: all slots are served, and a replica has its first copy
  [ "$(info "$1" cluster_state)" = ok ] && [ "$(info "$1" cluster_slots_ok)" -eq $slots ] &&
    ! ask "$1" info replication | grep -qx 'master_link_status:down'
}

forget() { # id
  say "forgetting $1, which is none of $REDIS_NODES"
  for each in $REDIS_NODES; do
    ask "$each" cluster forget "$1" >/dev/null
  done
}

strangers() { # nodes that failed and serve nothing, for anybody who remembers them
  for each in $REDIS_NODES; do ask "$each" cluster nodes; done |
    awk '$3 ~ /fail|noaddr/ && $3 !~ /fail\?/ && NF < 9 { print $1 }' | sort -u
}

# -------------------------------------------------------------------------------------------------------------------

first=${REDIS_NODES%% *}
for member in $REDIS_NODES; do
  until_true "$member answers" answers "$member"
done

epoch=0
identities=
for member in $REDIS_NODES; do
  epoch=$((epoch + 1))
  set_epoch "$member" "$epoch"
  identities="$identities $(id "$member")"
done
for member in $REDIS_NODES; do
  meet "$member"
done
until_true 'every node knows all others' all knows_all

number=0
for member in $(apart); do
  [ "$number" -lt $primaries ] || break
  assign "$member" $((slots * number / primaries)) $((slots * (number + 1) / primaries - 1))
  number=$((number + 1))
done
until_true 'every slot has a primary' is_served
wanted=$(pairs)
for member in $REDIS_NODES; do
  replicate "$member"
done
until_true 'every node says that the cluster is well' all is_settled

for stranger in $(strangers); do
  case " $identities " in
    *" $stranger "*) ;;
    *) forget "$stranger" ;;
  esac
done
say 'the cluster is complete'
