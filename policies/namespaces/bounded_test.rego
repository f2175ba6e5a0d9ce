package rules.namespaces.bounded_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.namespaces.bounded

_strict := {"shop": ["conventions"]}

_namespace := {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}

_target(kinds) := examples.combined(array.concat(
	[_namespace, examples.workload("Deployment", examples.pod_spec)],
	[examples.resource("v1", kind, "bounds", {}) | some kind in kinds],
))

test_accepts_bounded_namespaces if {
	target := _target(["LimitRange", "ResourceQuota"])
	assert.none(bounded.deny | bounded.warn) with input as target with data.strict as _strict
}

test_accepts_empty_namespaces_and_those_of_others if {
	every target in [[_namespace], [examples.workload("Deployment", examples.pod_spec)]] {
		assert.none(bounded.deny | bounded.warn) with input as examples.combined(target) with data.strict as _strict
	}
}

test_denies_unbounded_namespaces if {
	assert.messages(bounded.deny, {
		"Namespace/shop: has no LimitRange and no ResourceQuota",
	}) with input as _target([]) with data.strict as _strict
	assert.messages(bounded.deny, {
		"Namespace/shop: has no ResourceQuota",
	}) with input as _target(["LimitRange"]) with data.strict as _strict
	assert.none(bounded.warn) with input as _target([]) with data.strict as _strict
}

test_warns_in_namespaces_without_strictness if {
	assert.messages(bounded.warn, {
		"Namespace/shop: has no LimitRange",
	}) with input as _target(["ResourceQuota"]) with data.strict as {"shop": ["placeholders"]}
	assert.none(bounded.deny) with input as _target(["ResourceQuota"])
	assert.same({found.fix | some found in bounded.warn}, {
		"add a LimitRange and a ResourceQuota to the namespace",
	}) with input as _target([])
}
