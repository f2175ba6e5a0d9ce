# METADATA
# title: Disruption budgets
# description: The PodDisruptionBudgets of a target, and the workloads that they cover.
package lib.disruption

import data.lib.documents
import data.lib.values
import data.lib.workloads

budgets := [budget |
	some resource in documents.of("policy", "PodDisruptionBudget")
	spec := values.map(values.at(resource.content, ["spec"]))
	selector := values.at(spec, ["selector"])
	budget := {
		"pods": _covered(resource.namespace, selector),
		"resource": resource,
		"selector": selector,
		"spec": spec,
	}
]

# A missing selector covers nothing, but an empty one covers everything.
_covered(_, null) := []

_covered(namespace, selector) := workloads.selected(namespace, selector) if selector != null
