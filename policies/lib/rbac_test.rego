package lib.rbac_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.rbac

_role := examples.resource("rbac.authorization.k8s.io/v1", "Role", "cart", {"rules": [
	{"apiGroups": [""], "resources": ["pods", 1], "verbs": ["get", "*"], "resourceNames": ["a"]},
	"none",
	{"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
]})

_binding := examples.resource("rbac.authorization.k8s.io/v1", "RoleBinding", "cart", {
	"roleRef": {"kind": "Role", "name": "cart"},
	"subjects": [{"kind": "ServiceAccount", "name": "cart"}, null],
})

test_grants_survive_malformed_rules if {
	found := rbac.grants with input as examples.combined([_role])
	assert.same([[grant.path, grant.resources, grant.urls, grant.names] | some grant in found], [
		["/rules/0", {"pods", ""}, set(), {"a"}],
		["/rules/1", set(), set(), set()],
		["/rules/2", set(), {"/metrics"}, set()],
	])
}

test_a_wildcard_allows_every_verb if {
	assert.same(rbac.allowed({"verbs": {"*"}}, {"get", "list"}), {"get", "list"})
	assert.same(rbac.allowed({"verbs": {"get", "watch"}}, {"get", "list"}), {"get"})
}

test_groups_are_compared if {
	rbac.is_of({"groups": {"", "apps"}}, "apps")
	rbac.is_of({"groups": {"*"}}, "apps")
	not rbac.is_of({"groups": {""}}, "apps")
}

test_bindings_have_a_role_and_subjects if {
	[binding] := rbac.bindings with input as examples.combined([_binding])
	assert.same(rbac.reference(binding), {"kind": "Role", "name": "cart"})
	assert.same([[subject.name, subject.path] | some subject in rbac.subjects(binding)], [
		["cart", "/subjects/0"],
		["", "/subjects/1"],
	])
}

test_findings_name_the_rule_of_the_role if {
	[grant, _, _] := rbac.grants with input as examples.combined([_role])
	found := rbac.about(grant, {"msg": "is wrong", "fix": "fix it", "path": "/verbs"})
	assert.same([found.msg, found.path], ["Role/cart: is wrong", "/rules/0/verbs"])
}
