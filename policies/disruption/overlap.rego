# METADATA
# title: A pod has only one disruption budget
# description: |
#   The API server does not evict a pod that has two PodDisruptionBudgets, so its node cannot be drained.
# custom:
#   id: disruption.overlap
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "remove one of the budgets, or make its selector narrower"
#   docs: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
package rules.disruption.overlap

import data.lib.disruption
import data.lib.finding
import data.lib.pods

deny contains found if {
	some pod in pods.templates
	names := _budgets[pod.resource.namespace][pod.resource.kind][pod.resource.name]
	count(names) > 1
	found := finding.about(pod.resource, {
		"msg": sprintf("is covered by several PodDisruptionBudgets: %s", [concat(", ", names)]),
		"fix": "remove all but one of them",
		"path": "",
	})
}

_budgets[pod.resource.namespace][pod.resource.kind][pod.resource.name] contains budget.resource.name if {
	some budget in disruption.budgets
	some pod in budget.pods
}
