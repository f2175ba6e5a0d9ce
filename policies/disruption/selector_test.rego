package rules.disruption.selector_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.disruption.selector

_budget(labels) := examples.resource("policy/v1", "PodDisruptionBudget", "cart", {"spec": {"selector": {
	"matchLabels": labels,
}}})

_deployment := examples.workload("Deployment", examples.pod_spec)

_job := examples.workload("Job", examples.pod_spec)

test_accepts_one_workload if {
	target := examples.combined([_budget({"app": "cart"}), _deployment])
	assert.none(selector.deny | selector.warn) with input as target
}

test_denies_several_workloads if {
	assert.messages(selector.deny, {
		"PodDisruptionBudget/cart: covers several workloads: Deployment cart, Job cart",
	}) with input as examples.combined([_budget({}), _deployment, _job])
}

_none := {`PodDisruptionBudget/cart: covers no pods of any workload: {"matchLabels":{"app":"web"}}`}

test_denies_a_budget_over_nothing if {
	target := examples.combined([_budget({"app": "web"}), _deployment])
	assert.messages(selector.deny, _none) with input as target
}

test_warns_where_nothing_runs if {
	target := examples.combined([_budget({"app": "web"})])
	assert.messages(selector.warn, _none) with input as target
	assert.none(selector.deny) with input as target
}
