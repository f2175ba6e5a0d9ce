# METADATA
# title: Reachability
# description: |
#   The connections that the NetworkPolicies of a target allow, and those that the table `flows` declares, as sets of
#   [from, to, protocol, port]. Both ends are ids in `parties.all_parties`. A port represents the range up to the next
#   port in `starts`. Policies and the table treat all ports of a range the same.
package lib.reachability

import data.lib.network
import data.lib.parties
import data.lib.pods

# The connections that the peers of each rule allow, and the path of the peer.
openings := [opening |
	some rule in network.all_rules
	rule.policy.namespace in pods.namespaces
	network.isolates(rule.policy, rule.direction)
	some peer in _peers(rule)
	opening := {
		"direction": rule.direction,
		"flows": _opened(rule, parties.subjects(rule.policy), peer.members),
		"path": peer.path,
		"policy": rule.policy,
	}
]

# The parties that are isolated, by direction. All others can communicate without restriction.
isolated[direction] := {id |
	some policy in network.policies
	network.isolates(policy, direction)
	some id in parties.subjects(policy)
} if {
	some direction, _ in network.directions
}

# The connections that the policies of one end allow, by direction.
allowed[direction] := {flow |
	some opening in openings
	opening.direction == direction
	some flow in opening.flows
} if {
	some direction, _ in network.directions
}

# The connections that both ends allow. The policies of other namespaces are unknown.
reachable contains flow if {
	some flow in (allowed.Egress | allowed.Ingress)
	_leaves(flow)
	_enters(flow)
}

_leaves(flow) if flow in allowed.Egress

_leaves(flow) if not flow[0] in isolated.Egress

_enters(flow) if flow in allowed.Ingress

_enters(flow) if not flow[1] in isolated.Ingress

# The connections that the table allows, separately for each namespace of the target.
declared contains [from, to, protocol, port] if {
	some row in data.flows.allowed
	some namespace in pods.namespaces
	some from in _ends(row.from, namespace)
	some to in _ends(row.to, namespace)
	_are_two(row, from, to)
	some number in row.ports
	some [protocol, port] in _resolved({"port": number, "protocol": object.get(row, "protocol", "TCP")}, to)
}

_ends(names, namespace) := parties.named[namespace][names] if is_string(names)

_ends(names, namespace) := {id | some name in names; some id in parties.named[namespace][name]} if is_array(names)

# A member of a group is not its own peer.
_are_two(_, from, to) if from != to

_are_two(row, _, _) if row.from == row.to

_everybody := object.keys(parties.all_parties)

# No peers means all peers.
_peers(rule) := [{"members": _everybody, "path": rule.path}] if count(rule.peers) == 0

_peers(rule) := [peer |
	some index, content in rule.peers
	peer := {
		"members": parties.members(content, rule.policy.namespace),
		"path": sprintf("%s/%s/%d", [rule.path, rule.peer_field, index]),
	}
] if {
	count(rule.peers) > 0
}

_opened(rule, subjects, members) := {[from, to, protocol, port] |
	some to in subjects
	some [protocol, port] in _ports(rule, to)
	some from in members
} if {
	rule.direction == "Ingress"
}

_opened(rule, subjects, members) := {[from, to, protocol, port] |
	some to in members
	some [protocol, port] in _ports(rule, to)
	some from in subjects
} if {
	rule.direction == "Egress"
}

# The ports that a rule opens at a party. No ports means all ports.
_ports(rule, to) := {opened |
	some port in rule.ports
	some opened in _resolved(object.union({"protocol": "TCP"}, port), to)
} if {
	count(rule.ports) > 0
}

_ports(rule, _) := {[protocol, port] | some protocol in _protocols; some port in starts} if count(rule.ports) == 0

_protocols := ["SCTP", "TCP", "UDP"]

# The called pod defines which port a name refers to, separately for each protocol.
_resolved(port, to) := {[port.protocol, number] |
	some [port.port, port.protocol, number] in parties.all_parties[to].ports
} if {
	is_string(port.port)
}

_resolved(port, _) := {[port.protocol, port.port]} if {
	is_number(port.port)
	not port.endPort
}

_resolved(port, _) := {[port.protocol, number] |
	some number in starts
	number >= port.port
	number <= port.endPort
} if {
	is_number(port.port)
	is_number(port.endPort)
}

_resolved(port, _) := {[port.protocol, number] | some number in starts} if not port.port

# The first ports of all ranges: each port in a policy or the table, and the port after it.
starts contains 1

starts contains number if {
	some rule in network.all_rules
	some port in rule.ports
	some number in [port.port, object.get(port, "endPort", port.port) + 1]
	is_number(number)
}

starts contains number if {
	some party in parties.all_parties
	some [_, _, port] in party.ports
	some number in [port, port + 1]
}

starts contains number if {
	some row in data.flows.allowed
	some port in row.ports
	some number in [port, port + 1]
}

# The ports of flows, as text.
ports_of(flows) := concat(", ", sort(runs)) if {
	ports := {[flow[2], flow[3]] | some flow in flows}
	runs := {run |
		some [protocol, first] in ports
		not [protocol, object.get(_before, first, 0)] in ports
		lasts := {last |
			some last, number in _after_last
			last >= first
			not [protocol, number] in ports
		}
		run := _run(first, min(lasts), protocol)
	}
}

_run(first, last, protocol) := sprintf("%d/%s", [first, protocol]) if first == last

_run(first, last, protocol) := sprintf("%d-%d/%s", [first, last, protocol]) if first != last

# The next port after the last port of each range.
_after_last[minus(next, 1)] := next if {
	some next in array.concat(array.slice(_sorted, 1, count(_sorted)), [65536])
}

_before[_sorted[plus(index, 1)]] := number if some index, number in _sorted

_sorted := sort(starts)
