# METADATA
# title: Network rules do not allow all peers
# description: |
#   A rule without peers, a peer without selectors, a selector for all pods or all namespaces, and a block of all
#   addresses cancel the default deny for the selected pods. Every rule must list its peers.
# custom:
#   id: network.allow_all
#   profile: general
#   general: warn
#   subjects: networking.k8s.io/NetworkPolicy
#   severity: high
#   fix: "list the peers: a podSelector, with a namespaceSelector for another namespace, or a narrow ipBlock"
#   docs: https://kubernetes.io/docs/concepts/services-networking/network-policies/
package rules.network.allow_all

import data.lib.finding
import data.lib.network
import data.lib.selectors
import data.lib.values

# A block wider than the widest private ranges, 10.0.0.0/8 and fc00::/7, includes public addresses.
_widest := {"IPv4": 8, "IPv6": 7}

deny contains found if {
	some rule in network.all_rules
	count(rule.peers) == 0
	found := finding.about(rule.policy, {
		"msg": sprintf("an %s rule has no peers and so allows all of them", [rule.title]),
		"fix": sprintf("list the peers in %s", [rule.peer_field]),
		"path": rule.path,
	})
}

deny contains found if {
	some rule in network.all_rules
	some index, peer in rule.peers
	found := finding.about(rule.policy, {
		"msg": sprintf("an %s rule allows %s", [rule.title, _everybody(rule, peer)]),
		"fix": "select the peer with labels, or with a narrow ipBlock and ports",
		"path": sprintf("%s/%s/%d", [rule.path, rule.peer_field, index]),
	})
}

# A peer that is not an object is treated like an empty peer.
_everybody(rule, peer) := "all peers, because its peer is empty" if {
	count(values.map(peer)) == 0
} else := "every pod of every namespace" if {
	selectors.is_empty(peer.namespaceSelector)
	selectors.is_empty(values.at(peer, ["podSelector"]))
} else := "every pod of its namespace" if {
	# This is the opposite of the default deny: it includes all other pods of the namespace.
	not peer.namespaceSelector
	selectors.is_empty(peer.podSelector)
} else := sprintf("every port of %s", [peer.ipBlock.cidr]) if {
	count(rule.ports) == 0
	count(values.list(values.at(peer, ["ipBlock", "except"]))) == 0
	_is_wide(peer.ipBlock.cidr)
}

_is_wide(cidr) if {
	[address, length] := split(cidr, "/")
	to_number(length) < _widest[_family(address)]
}

_family(address) := "IPv6" if contains(address, ":")

_family(address) := "IPv4" if not contains(address, ":")
