package rules.rbac.wildcards_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.rbac.wildcards

_role(rule) := examples.combined([examples.resource("rbac.authorization.k8s.io/v1", "Role", "cart", {"rules": [rule]})])

test_accepts_what_is_named if {
	rule := {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "nonResourceURLs": ["/metrics/*"]}
	assert.none(wildcards.deny) with input as _role(rule)
}

test_denies_each_wildcard if {
	rule := {"apiGroups": ["*"], "resources": ["pods/*"], "verbs": ["*"], "nonResourceURLs": ["/*"]}
	assert.messages(wildcards.deny, {
		"Role/cart: has a wildcard in the apiGroups of a rule: *",
		"Role/cart: has a wildcard in the resources of a rule: pods/*",
		"Role/cart: has a wildcard in the verbs of a rule: *",
		"Role/cart: has a wildcard in the nonResourceURLs of a rule: /*",
	}) with input as _role(rule)
}

test_denies_every_address if {
	assert.messages(wildcards.deny, {
		"Role/cart: has a wildcard in the nonResourceURLs of a rule: *",
	}) with input as _role({"nonResourceURLs": ["*"], "verbs": ["get"]})
}
