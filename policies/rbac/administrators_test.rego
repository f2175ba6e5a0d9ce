package rules.rbac.administrators_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.rbac.administrators

_binding(kind, role, subject) := examples.combined([examples.resource("rbac.authorization.k8s.io/v1", kind, "cart", {
	"roleRef": {"kind": "ClusterRole", "name": role},
	"subjects": [subject],
})])

_account := {"kind": "ServiceAccount", "name": "cart", "namespace": "shop"}

test_accepts_a_role_of_ones_own if {
	assert.none(administrators.deny) with input as _binding("ClusterRoleBinding", "cart", _account)
	assert.none(administrators.deny) with input as _binding("RoleBinding", "edit", _account)
	assert.none(administrators.deny)
		with input as _binding("RoleBinding", "view", {"kind": "Group", "name": "operators"})
}

test_denies_cluster_admin_in_a_namespace_too if {
	every kind in ["ClusterRoleBinding", "RoleBinding"] {
		assert.messages(administrators.deny, {
			sprintf("%s/cart: grants the role cluster-admin", [kind]),
		}) with input as _binding(kind, "cluster-admin", _account)
	}
}

test_denies_writing_in_the_whole_cluster if {
	every role in ["admin", "edit"] {
		assert.size(administrators.deny, 1) with input as _binding("ClusterRoleBinding", role, _account)
	}
}

test_denies_the_administrators_group if {
	target := _binding("RoleBinding", "view", {"kind": "Group", "name": "system:masters"})
	assert.messages(administrators.deny, {
		"RoleBinding/cart: binds the group system:masters, which has all permissions anyway",
	}) with input as target
}

test_accepts_a_role_of_the_namespace_that_has_the_name if {
	target := examples.combined([examples.resource("rbac.authorization.k8s.io/v1", "RoleBinding", "cart", {
		"roleRef": {"kind": "Role", "name": "cluster-admin"},
		"subjects": [_account, {"kind": "User", "name": "system:masters"}],
	})])
	assert.none(administrators.deny) with input as target
}
