package lib.disruption_test

import data.lib.disruption
import data.lib.examples_test as examples

_budget(spec) := examples.combined([
	examples.resource("policy/v1", "PodDisruptionBudget", "cart", {"spec": spec}),
	examples.workload("Deployment", examples.pod_spec),
])

_covered := [pod.resource.name | some budget in disruption.budgets; some pod in budget.pods]

test_covers_what_the_selector_finds if {
	_covered == ["cart"] with input as _budget({"selector": {"matchLabels": {"app": "cart"}}})
	_covered == [] with input as _budget({"selector": {"matchLabels": {"app": "web"}}})
	_covered == ["cart"] with input as _budget({"selector": {}})
	_covered == [] with input as _budget({})
}
