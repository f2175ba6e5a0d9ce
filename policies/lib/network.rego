# METADATA
# title: Network policies
# description: What the NetworkPolicies of a target say, with the defaults Kubernetes gives them.
package lib.network

import data.lib.documents
import data.lib.selectors
import data.lib.values

directions := {"Egress": "egress", "Ingress": "ingress"}

# What a rule calls those it lets talk.
peers := {"Egress": "to", "Ingress": "from"}

policies := documents.of("networking.k8s.io", "NetworkPolicy")

# The policies of each namespace, by their place in the list: a pod is not to be held against those of all others.
_places := object.union(_place, {})

_place[policy.namespace] contains index if some index, policy in policies

# The policies that may select what is in a namespace.
policies_in(namespace) := [policies[index] | some index in _places[namespace]]

# The rules of one direction; an empty list allows nothing.
rules(policy, direction) := values.list(object.get(policy.content, ["spec", directions[direction]], []))

# Whether the policy takes a direction away from the pods it selects.
isolates(policy, direction) if direction in _types(policy)

# Without types, none or an empty list, it is about ingress, and about egress where it has rules for that.
isolates(policy, "Ingress") if count(_types(policy)) == 0

isolates(policy, "Egress") if {
	count(_types(policy)) == 0
	count(rules(policy, "Egress")) > 0
}

_types(policy) := values.list(object.get(policy.content, ["spec", "policyTypes"], null))

# A policy selects pods of its own namespace only.
selects(policy, pod) if {
	policy.namespace == pod.resource.namespace
	selectors.matches(object.get(policy.content, ["spec", "podSelector"], null), pod.labels)
}

selects_all(policy) if selectors.is_empty(object.get(policy.content, ["spec", "podSelector"], null))

# Every rule of every policy, also of a direction that its policy is not about.
all_rules := [rule |
	some policy in policies
	some direction, field in directions
	some index, content in rules(policy, direction)
	rule := {
		"direction": direction,
		"path": sprintf("/spec/%s/%d", [field, index]),
		"peer_field": peers[direction],
		"peers": values.list(values.at(content, [peers[direction]])),
		"policy": policy,
		"ports": values.list(values.at(content, ["ports"])),
		"title": field,
	}
]

# The podSelector of a policy's spec or of a peer; none selects all pods.
pod_selector(holder) := values.map(values.at(holder, ["podSelector"]))

# Every block of addresses that a peer names, excepted or not; what is malformed means none.
blocks contains block if {
	some rule in all_rules
	some peer in rule.peers
	some block in array.concat(
		[values.at(peer, ["ipBlock", "cidr"])],
		values.list(values.at(peer, ["ipBlock", "except"])),
	)
	net.cidr_is_valid(block)
}
