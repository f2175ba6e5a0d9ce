# METADATA
# title: Replicas have a disruption budget
# description: |
#   Without a budget, the drain of several nodes may evict all replicas of a workload at the same time. The rule applies
#   to workloads that can have more than one replica. It warns. It denies in namespaces for which the table `strict`
#   lists `conventions`.
# custom:
#   id: disruption.budget
#   profile: general
#   subjects: pods
#   severity: medium
#   fix: "add a PodDisruptionBudget with maxUnavailable: 1 and the labels of the workload as its selector"
#   docs: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
package rules.disruption.budget

import data.lib.disruption
import data.lib.finding
import data.lib.pods
import data.lib.scaling
import data.lib.strictness

deny contains found if some found in strictness.denied("conventions", _left)

warn contains found if some found in strictness.warned("conventions", _left)

_left contains found if {
	some pod in pods.templates
	scaling.most(pod.resource) > 1
	not [pod.resource.namespace, pod.resource.kind, pod.resource.name] in _covered
	found := finding.about(pod.resource, {
		"msg": "can have several replicas, but no PodDisruptionBudget covers it",
		"fix": "add a PodDisruptionBudget with maxUnavailable: 1 and the labels of the workload as its selector",
		"path": "",
	})
}

_covered contains [pod.resource.namespace, pod.resource.kind, pod.resource.name] if {
	some budget in disruption.budgets
	some pod in budget.pods
}
