package rules.rbac.aggregation_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.rbac.aggregation

_role(content) := examples.combined([examples.resource("rbac.authorization.k8s.io/v1", "ClusterRole", "cart", content)])

_by(selector) := {"aggregationRule": {"clusterRoleSelectors": [selector]}}

_rules := {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}

test_accepts_roles_with_rules_of_their_own if {
	assert.none(aggregation.deny | aggregation.warn) with input as _role(_rules)
	assert.none(aggregation.deny | aggregation.warn) with input as _role({})
}

test_denies_rules_that_are_lost if {
	assert.messages(aggregation.deny, {
		"ClusterRole/cart: has rules that its aggregationRule overwrites",
	}) with input as _role(object.union(_rules, _by({"matchLabels": {"app": "cart"}})))
}

test_denies_a_selector_for_all if {
	every selector in [{}, {"matchLabels": {}}] {
		assert.messages(aggregation.deny, {
			"ClusterRole/cart: includes the rules of all ClusterRoles",
		}) with input as _role(_by(selector))
		assert.none(aggregation.warn) with input as _role(_by(selector))
	}
}

test_warns_of_rules_from_elsewhere if {
	target := _role(object.union(_by({"matchLabels": {"app": "cart"}}), {"rules": []}))
	assert.messages(aggregation.warn, {
		`ClusterRole/cart: includes the rules of every ClusterRole with {"matchLabels":{"app":"cart"}}, from any author`,
	}) with input as target
	assert.none(aggregation.deny) with input as target
}
