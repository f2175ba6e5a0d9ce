package rules.disruption.overlap_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.disruption.overlap

_budget(name, labels) := examples.resource("policy/v1", "PodDisruptionBudget", name, {"spec": {"selector": {
	"matchLabels": labels,
}}})

_deployment := examples.workload("Deployment", examples.pod_spec)

test_accepts_one_budget if {
	target := examples.combined([_deployment, _budget("cart", {"app": "cart"}), _budget("web", {"app": "web"})])
	assert.none(overlap.deny) with input as target
}

test_denies_two_budgets if {
	assert.messages(overlap.deny, {
		"Deployment/cart: is covered by several PodDisruptionBudgets: all, cart",
	}) with input as examples.combined([_deployment, _budget("cart", {"app": "cart"}), _budget("all", {})])
}
