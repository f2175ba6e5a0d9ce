# METADATA
# title: A disruption budget covers exactly one workload
# description: |
#   A PodDisruptionBudget that selects no pods protects nothing. If it covers several workloads, the failure of one
#   blocks the drain of another. If the pods may exist outside of the rendered manifests, the rule only warns about a
#   selector without pods.
# custom:
#   id: disruption.selector
#   profile: general
#   general: warn
#   subjects: policy/PodDisruptionBudget
#   severity: medium
#   fix: "use the labels in the pod template of one workload as the selector of the budget"
#   docs: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
package rules.disruption.selector

import data.lib.disruption
import data.lib.finding
import data.lib.workloads

deny contains found if some found in _none.deny

deny contains found if {
	some budget in disruption.budgets
	count(budget.pods) > 1
	found := finding.about(budget.resource, {
		"msg": sprintf("covers several workloads: %s", [workloads.names(budget.pods)]),
		"fix": "add a separate budget for each workload",
		"path": "/spec/selector",
	})
}

warn contains found if some found in _none.warn

_none[level] contains found if {
	some budget in disruption.budgets
	count(budget.pods) == 0
	level := workloads.level(budget.resource.namespace)
	found := finding.about(budget.resource, {
		"msg": sprintf("covers no pods of any workload: %s", [json.marshal(budget.selector)]),
		"fix": "use the labels in the pod template of the workload as the selector",
		"path": "/spec/selector",
	})
}
