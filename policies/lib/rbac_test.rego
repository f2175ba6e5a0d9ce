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

test_an_account_without_a_namespace_is_of_that_of_its_binding if {
	[binding] := rbac.bindings with input as examples.combined([_binding])
	assert.same([subject.namespace | some subject in rbac.subjects(binding)], ["shop", ""])
	of_cluster := {"kind": "ClusterRoleBinding", "metadata": {"namespace": ""}}
	[other] := rbac.bindings with input as examples.combined([object.union(_binding, of_cluster)])
	assert.same([subject.namespace | some subject in rbac.subjects(other)], ["", ""])
}

_holders(documents) := found if {
	found := rbac.holders("", "pods", {"get"}) with input as examples.combined(documents)
}

test_holders_are_accounts_and_where_they_may if {
	assert.same(_holders([_role, _binding]), {["shop", "cart", "shop"]})
	assert.same(_holders([_role]), set())
	elsewhere := object.union(_role, {"metadata": {"namespace": "else"}})
	assert.same(_holders([elsewhere, _binding]), set())
	wide := {"kind": "ClusterRole", "name": "cart"}
	role := object.union(_role, {"kind": "ClusterRole"})
	assert.same(_holders([role, object.union(_binding, {"roleRef": wide})]), {["shop", "cart", "shop"]})
	of_cluster := object.union(_binding, {
		"kind": "ClusterRoleBinding",
		"roleRef": wide,
		"subjects": [{"kind": "ServiceAccount", "name": "cart", "namespace": "shop"}, {"kind": "User", "name": "me"}],
	})
	assert.same(_holders([role, of_cluster]), {["shop", "cart", "*"]})
}

test_findings_name_the_rule_of_the_role if {
	[grant, _, _] := rbac.grants with input as examples.combined([_role])
	found := rbac.about(grant, {"msg": "is wrong", "fix": "fix it", "path": "/verbs"})
	assert.same([found.msg, found.path], ["Role/cart: is wrong", "/rules/0/verbs"])
}
