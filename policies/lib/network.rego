# METADATA
# title: Network policies
# description: What the NetworkPolicies of a target say, with the defaults Kubernetes gives them.
package lib.network

import data.lib.documents
import data.lib.pods
import data.lib.selectors
import data.lib.values

directions := {"Egress": "egress", "Ingress": "ingress"}

# What a rule calls those it lets talk.
peers := {"Egress": "to", "Ingress": "from"}

policies := documents.of("networking.k8s.io", "NetworkPolicy")

# The rules of one direction; an empty list allows nothing.
rules(policy, direction) := values.list(values.at(policy, ["spec", directions[direction]]))

# Whether the policy takes a direction away from the pods it selects.
isolates(policy, direction) if direction in values.list(values.at(policy, ["spec", "policyTypes"]))

isolates(policy, "Ingress") if values.at(policy, ["spec", "policyTypes"]) == null

isolates(policy, "Egress") if {
	values.at(policy, ["spec", "policyTypes"]) == null
	count(rules(policy, "Egress")) > 0
}

# A policy selects pods of its own namespace only.
selects(policy, pod) if {
	documents.namespace(policy) == pods.namespace(pod)
	selectors.matches(values.at(policy, ["spec", "podSelector"]), pod.labels)
}

selects_all(policy) if selectors.is_empty(values.at(policy, ["spec", "podSelector"]))
