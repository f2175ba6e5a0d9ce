package lib.disruption_test

import data.lib.assert_test as assert
import data.lib.disruption
import data.lib.examples_test as examples

_budget(spec) := examples.combined([
	examples.resource("policy/v1", "PodDisruptionBudget", "cart", {"spec": spec}),
	examples.workload("Deployment", examples.pod_spec),
])

_covered := [pod.resource.name | some budget in disruption.budgets; some pod in budget.pods]

test_covers_what_the_selector_finds if {
	assert.same(_covered, ["cart"]) with input as _budget({"selector": {"matchLabels": {"app": "cart"}}})
	assert.same(_covered, []) with input as _budget({"selector": {"matchLabels": {"app": "web"}}})
	assert.same(_covered, ["cart"]) with input as _budget({"selector": {}})
	assert.same(_covered, []) with input as _budget({})
}
