#!/bin/sh
# Makes a cluster of the nodes in REDIS_NODES ("host:port …", the primaries first), one step at a time. Each step asks
# first whether it is needed: run again, it changes nothing; killed half-way, the next run finishes what is missing.
# It also takes in a node that lost its volume, and forgets the one that it was. It never moves or drops data.
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

# The id of whoever serves a slot, also one whose node is down; ranges in CLUSTER NODES start at the ninth word.
owner() { # slot
  ask "$first" cluster nodes | awk -v slot="$1" '
    { for (word = 9; word <= NF; word++) {
        if ($word ~ /^\[/) continue
        split($word, range, "-"); last = range[2] == "" ? range[1] : range[2]
        if (slot + 0 >= range[1] + 0 && slot + 0 <= last + 0) print $1 } }'
}

assign() { # node from to
  [ -z "$(owner "$2")" ] || return 0
  say "$1 serves slots $2 to $3"
  tell "$1" cluster addslotsrange "$2" "$3"
  until_true "slot $2 has an owner" owned "$2"
}

owned() { [ -n "$(owner "$1")" ]; }

# --- every primary has a replica -----------------------------------------------------------------------------------

is_spare() { # node: a primary that serves nothing
  ask "$1" cluster nodes | awk '/myself/ { found = ($3 ~ /master/ && NF < 9) } END { exit !found }'
}

# The primary with the fewest replicas.
neediest() {
  ask "$first" cluster nodes | awk '
    $3 ~ /master/ && $3 !~ /fail|noaddr/ && NF >= 9 { count[$1] += 0 }
    $3 ~ /slave/ && $3 !~ /fail|noaddr/ { count[$4]++; attached[$4] }
    $3 ~ /master/ && $3 !~ /fail|noaddr/ && NF >= 9 { primary[++n] = $1 }
    END { for (i = 1; i <= n; i++) if (best == "" || count[primary[i]] < count[best]) best = primary[i]; print best }'
}

replicate() { # node
  is_spare "$1" || return 0
  chosen=$(neediest)
  say "$1 replicates $chosen"
  until_true "$1 knows $chosen" knows_id "$1" "$chosen"
  tell "$1" cluster replicate "$chosen"
  until_true "the others know it" attached "$(id "$1")" "$chosen"
}

knows_id() { ask "$1" cluster nodes | grep -q "^$2 "; }

attached() { # replica primary
  ask "$first" cluster nodes | awk -v replica="$1" -v primary="$2" '
    $1 == replica { found = ($3 ~ /slave/ && $4 == primary) } END { exit !found }'
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

strangers() { # nodes that failed, serve nothing and are nobody of ours
  ask "$first" cluster nodes | awk '$3 ~ /fail|noaddr/ && $3 !~ /fail\?/ && NF < 9 { print $1 }'
}

# -------------------------------------------------------------------------------------------------------------------

first=${REDIS_NODES%% *}
for each in $REDIS_NODES; do
  until_true "$each answers" answers "$each"
done

epoch=0
identities=
for each in $REDIS_NODES; do
  epoch=$((epoch + 1))
  set_epoch "$each" "$epoch"
  identities="$identities $(id "$each")"
done
for each in $REDIS_NODES; do
  meet "$each"
done
until_true 'every node knows all others' all knows_all

number=0
for each in $REDIS_NODES; do
  [ "$number" -lt $primaries ] || break
  assign "$each" $((slots * number / primaries)) $((slots * (number + 1) / primaries - 1))
  number=$((number + 1))
done
for each in $REDIS_NODES; do
  replicate "$each"
done
until_true 'every node says that the cluster is well' all is_settled

for stranger in $(strangers); do
  case " $identities " in
    *" $stranger "*) ;;
    *) forget "$stranger" ;;
  esac
done
say 'the cluster is complete'
