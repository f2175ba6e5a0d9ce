# METADATA
# title: Network policies
# description: The rules of the NetworkPolicies of a target, with the defaults of Kubernetes.
package lib.network

import data.lib.documents
import data.lib.selectors
import data.lib.values

directions := {"Egress": "egress", "Ingress": "ingress"}

# The field with the peers of a rule.
peers := {"Egress": "to", "Ingress": "from"}

policies := documents.of("networking.k8s.io", "NetworkPolicy")

# The policies of each namespace, by their position, so that a pod is not compared with all other policies.
_places := object.union(_place, {})

_place[policy.namespace] contains index if some index, policy in policies

# The policies that may select pods of a namespace.
policies_in(namespace) := [policies[index] | some index in _places[namespace]]

# The rules for one direction. An empty list allows nothing.
rules(policy, direction) := values.list(object.get(policy.content, ["spec", directions[direction]], []))

# Whether the policy restricts a direction for the pods that it selects.
isolates(policy, direction) if direction in _types(policy)

# Without types, or with an empty list, a policy restricts ingress. It also restricts egress if it has egress rules.
isolates(policy, "Ingress") if count(_types(policy)) == 0

isolates(policy, "Egress") if {
	count(_types(policy)) == 0
	count(rules(policy, "Egress")) > 0
}

_types(policy) := values.list(object.get(policy.content, ["spec", "policyTypes"], null))

# A policy selects only pods of its own namespace.
selects(policy, pod) if {
	policy.namespace == pod.resource.namespace
	selectors.matches(object.get(policy.content, ["spec", "podSelector"], null), pod.labels)
}

selects_all(policy) if selectors.is_empty(object.get(policy.content, ["spec", "podSelector"], null))

# Every rule of every policy, including rules for a direction that the policy does not restrict.
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

# The podSelector of a policy or a peer. Without one, all pods are selected.
pod_selector(holder) := values.map(values.at(holder, ["podSelector"]))

# Every block of addresses of a peer, excepted or not. Invalid blocks are left out.
blocks contains block if {
	some rule in all_rules
	some peer in rule.peers
	some block in array.concat(
		[values.at(peer, ["ipBlock", "cidr"])],
		values.list(values.at(peer, ["ipBlock", "except"])),
	)
	net.cidr_is_valid(block)
}
