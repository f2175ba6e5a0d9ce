# METADATA
# title: A disruption budget covers exactly one workload
# description: |
#   A PodDisruptionBudget that selects nothing protects nothing, and one over several workloads lets the failure of
#   one block the drain of another. Where the target cannot tell who runs, a selector without pods is a warning.
# custom:
#   id: disruption.selector
#   profile: general
#   subjects: policy/PodDisruptionBudget
#   severity: medium
#   fix: "write the labels of one workload's pod template as the budget's selector"
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
		"fix": "give each workload a budget of its own",
		"path": "/spec/selector",
	})
}

warn contains found if some found in _none.warn

_none[level] contains found if {
	some budget in disruption.budgets
	count(budget.pods) == 0
	level := workloads.level(budget.resource.namespace)
	found := finding.about(budget.resource, {
		"msg": sprintf("covers the pods of no workload: %s", [json.marshal(budget.selector)]),
		"fix": "write the labels of the workload's pod template as the selector",
		"path": "/spec/selector",
	})
}
