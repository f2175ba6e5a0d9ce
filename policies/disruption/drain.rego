# METADATA
# title: Disruption budgets allow the drain of a node
# description: |
#   Even at the minimum number of replicas, the budget must allow the eviction of one pod. Otherwise the drain of a node
#   never ends. Kubernetes rounds percentages up: minAvailable 50% of one pod is one pod. For pods that cannot be
#   scaled, only a whole number in minAvailable has an effect.
# custom:
#   id: disruption.drain
#   profile: general
#   subjects: policy/PodDisruptionBudget
#   severity: high
#   fix: "set maxUnavailable: 1, which allows one eviction at any number of replicas"
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
	found := _about(budget, sprintf("%s allows no eviction of %s %s at its minimum of %d", [
		_written(budget.spec),
		pod.resource.kind,
		pod.resource.name,
		replicas,
	]))
}

# The pods of these may exist elsewhere, but no number of them makes an eviction possible.
deny contains found if {
	some budget in disruption.budgets
	count(budget.pods) == 0
	_never(budget.spec)
	found := _about(budget, sprintf("%s never allows an eviction", [_written(budget.spec)]))
}

deny contains found if {
	some budget in disruption.budgets
	some pod in budget.pods
	pod.resource.kind in {"CronJob", "DaemonSet", "Job", "ScaledJob"}
	not is_number(values.at(budget.spec, ["minAvailable"]))
	found := _about(budget, sprintf("%s has no effect for %s %s, which has no replicas", [
		_written(budget.spec),
		pod.resource.kind,
		pod.resource.name,
	]))
}

_about(budget, fault) := finding.about(budget.resource, {
	"msg": fault,
	"fix": "set maxUnavailable: 1, or for pods without replicas set minAvailable to a whole number",
	"path": _place(_limits(budget.spec)),
})

_place(limits) := sprintf("/spec/%s", [object.keys(limits)[_]]) if count(limits) == 1

_place(limits) := "/spec" if count(limits) != 1

# How many pods may be evicted while all are healthy. With no limit, or both limits, none may be.
_allowed(spec, replicas) := scaling.up(spec.maxUnavailable, replicas) if count(_limits(spec)) == 1

_allowed(spec, replicas) := replicas - scaling.up(spec.minAvailable, replicas) if count(_limits(spec)) == 1

_allowed(spec, _) := 0 if count(_limits(spec)) != 1

_never(spec) if count(_limits(spec)) != 1

_never(spec) if {
	count(_limits(spec)) == 1
	scaling.up(spec.maxUnavailable, 1) == 0
}

_never(spec) if {
	count(_limits(spec)) == 1
	regex.match(`^0*[1-9][0-9]{2,}%$`, spec.minAvailable)
}

_limits(spec) := object.filter(spec, ["maxUnavailable", "minAvailable"])

_written(spec) := "a budget without a limit" if count(_limits(spec)) == 0

_written(spec) := concat(" and ", [sprintf("%s %v", [key, value]) | some key, value in _limits(spec)]) if {
	count(_limits(spec)) > 0
}
