package rules.namespaces.rendered_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.namespaces.rendered

_namespace := {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}

test_denies_an_environment_whose_namespace_is_not_rendered if {
	assert.messages(rendered.deny, {
		"Namespace/shop: is not rendered, so nothing enforces the Pod Security Standard",
	}) with input as examples.deployment({}) with data.environments as {"shop": {}}
}

test_asks_no_namespace_of_other_targets if {
	assert.none(rendered.deny) with input as examples.deployment({}) with data.environments as {"else": {}}
}

test_accepts_an_environment_whose_namespace_is_rendered if {
	target := array.concat(examples.deployment({}), [{"path": "a.yaml", "contents": _namespace}])
	assert.none(rendered.deny) with input as target with data.environments as {"shop": {}}
}
