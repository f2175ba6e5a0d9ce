package rules.namespaces.environment_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.namespaces.environment

_target := examples.deployment({})

test_accepts_the_namespace_of_the_environment if {
	assert.none(environment.deny) with input as _target
		with data.environments as {"shop": {"target": "live"}}
		with data.target as {"name": "live"}
}

test_accepts_other_namespaces if {
	assert.none(environment.deny) with input as _target
		with data.environments as {"other": {"target": "live"}, "third": {}}
		with data.target as {"name": "small"}
}

test_denies_another_namespace if {
	assert.messages(environment.deny, {
		"Namespace/shop: is not the namespace of live, which is other",
	}) with input as _target
		with data.environments as {"other": {"target": "live"}, "shop": {"target": "test"}}
		with data.target as {"name": "live"}
}
