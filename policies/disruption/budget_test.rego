package rules.disruption.budget_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.disruption.budget

_strict := {"shop": ["conventions"]}

_workload(kind, replicas) := object.union(
	examples.workload(kind, examples.pod_spec),
	{"spec": {"replicas": replicas}},
)

_budget(app) := examples.resource("policy/v1", "PodDisruptionBudget", "cart", {"spec": {"selector": {
	"matchLabels": {"app": app},
}}})

test_accepts_one_replica_and_what_has_no_number if {
	every kind in ["Deployment", "StatefulSet"] {
		assert.none(budget.deny | budget.warn) with input as examples.combined([_workload(kind, 1)])
	}
	every kind in ["CronJob", "DaemonSet", "Job", "Pod"] {
		target := examples.combined([examples.workload(kind, examples.pod_spec)])
		assert.none(budget.deny | budget.warn) with input as target
	}
}

test_accepts_replicas_with_a_budget if {
	target := examples.combined([_workload("Deployment", 2), _budget("cart")])
	assert.none(budget.deny | budget.warn) with input as target
}

_messages := {"Deployment/cart: can have several replicas, but no PodDisruptionBudget covers it"}

test_denies_replicas_without_a_budget if {
	target := examples.combined([_workload("Deployment", 2), _budget("web")])
	assert.messages(budget.deny, _messages) with input as target with data.strict as _strict
	assert.none(budget.warn) with input as target with data.strict as _strict
}

test_warns_in_namespaces_without_strictness if {
	target := examples.combined([_workload("Deployment", 2)])
	assert.messages(budget.warn, _messages) with input as target
	assert.none(budget.deny) with input as target
}

test_denies_what_an_autoscaler_may_scale if {
	scaler := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", "cart", {"spec": {
		"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"},
		"minReplicas": 1,
		"maxReplicas": 2,
	}})
	target := examples.combined([examples.workload("Deployment", examples.pod_spec), scaler])
	assert.messages(budget.deny, _messages) with input as target with data.strict as _strict
}

test_a_budget_of_another_kind_or_namespace_covers_nothing if {
	other := object.union(_budget("cart"), {"metadata": {"namespace": "web"}})
	target := examples.combined([_workload("Deployment", 2), other])
	assert.size(budget.deny, 1) with input as target with data.strict as _strict
}
