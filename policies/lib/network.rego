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
isolates(policy, direction) if direction in values.list(object.get(policy.content, ["spec", "policyTypes"], null))

isolates(policy, "Ingress") if object.get(policy.content, ["spec", "policyTypes"], null) == null

isolates(policy, "Egress") if {
	object.get(policy.content, ["spec", "policyTypes"], null) == null
	count(rules(policy, "Egress")) > 0
}

# A policy selects pods of its own namespace only.
selects(policy, pod) if {
	policy.namespace == pod.resource.namespace
	selectors.matches(object.get(policy.content, ["spec", "podSelector"], null), pod.labels)
}

selects_all(policy) if selectors.is_empty(object.get(policy.content, ["spec", "podSelector"], null))
