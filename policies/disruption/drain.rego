# METADATA
# title: A disruption budget lets a node be drained
# description: |
#   At the smallest number of replicas, as an autoscaler may reach it, the budget must leave one pod to be evicted, or
#   a node that is to be renewed waits for ever. Percentages are rounded up, as Kubernetes rounds them: minAvailable
#   50% of one pod is one pod. Of what cannot be scaled, only a whole number in minAvailable counts.
# custom:
#   id: disruption.drain
#   profile: general
#   subjects: policy/PodDisruptionBudget
#   severity: high
#   fix: "write maxUnavailable: 1, which lets one pod go at any number of replicas"
#   docs: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
package rules.disruption.drain

import data.lib.disruption
import data.lib.finding
import data.lib.scaling
import data.lib.values

deny contains found if {
	some budget in disruption.budgets
	some pod in budget.pods
	replicas := max([1, scaling.least(pod.resource)])
	_allowed(budget.spec, replicas) < 1
	found := _about(budget, sprintf("%s lets no pod of %s %s be evicted at its smallest, %d", [
		_written(budget.spec),
		pod.resource.kind,
		pod.resource.name,
		replicas,
	]))
}

deny contains found if {
	some budget in disruption.budgets
	some pod in budget.pods
	pod.resource.kind in {"CronJob", "DaemonSet", "Job", "ScaledJob"}
	not is_number(values.at(budget.spec, ["minAvailable"]))
	found := _about(budget, sprintf("%s cannot be worked out for %s %s, which has no replicas", [
		_written(budget.spec),
		pod.resource.kind,
		pod.resource.name,
	]))
}

_about(budget, fault) := finding.about(budget.resource, {
	"msg": fault,
	"fix": "write maxUnavailable: 1, or minAvailable as a whole number for what has no replicas",
	"path": _place(_limits(budget.spec)),
})

_place(limits) := sprintf("/spec/%s", [object.keys(limits)[_]]) if count(limits) == 1

_place(limits) := "/spec" if count(limits) != 1

# How many pods may go while all are healthy. What says nothing, or both, lets none go.
_allowed(spec, replicas) := scaling.up(spec.maxUnavailable, replicas) if count(_limits(spec)) == 1

_allowed(spec, replicas) := replicas - scaling.up(spec.minAvailable, replicas) if count(_limits(spec)) == 1

_allowed(spec, _) := 0 if count(_limits(spec)) != 1

_limits(spec) := object.filter(spec, ["maxUnavailable", "minAvailable"])

_written(spec) := "a budget without a limit" if count(_limits(spec)) == 0

_written(spec) := concat(" and ", [sprintf("%s %v", [key, value]) | some key, value in _limits(spec)]) if {
	count(_limits(spec)) > 0
}
