package rules.rbac.role_refs_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.rbac.role_refs

_api := "rbac.authorization.k8s.io/v1"

_target(kind, role, rendered) := examples.combined([
	examples.resource(_api, kind, "cart", {"roleRef": role}),
	rendered,
])

_role := examples.resource(_api, "Role", "cart", {})

_cluster_role := examples.resource(_api, "ClusterRole", "cart", {})

test_accepts_rendered_roles if {
	assert.none(role_refs.deny) with input as _target("RoleBinding", {"kind": "Role", "name": "cart"}, _role)
	assert.none(role_refs.warn)
		with input as _target("ClusterRoleBinding", {"kind": "ClusterRole", "name": "cart"}, _cluster_role)
}

test_accepts_the_clusters_own_roles if {
	every name in ["admin", "cluster-admin", "edit", "view", "system:auth-delegator"] {
		target := _target("RoleBinding", {"kind": "ClusterRole", "name": name}, _role)
		assert.none(role_refs.deny) with input as target
		assert.none(role_refs.warn) with input as target
	}
}

test_accepts_the_roles_that_the_api_server_creates if {
	every name in ["extension-apiserver-authentication-reader", "system::leader-locking-kube-scheduler"] {
		binding := examples.resource(_api, "RoleBinding", "cart", {
			"metadata": {"namespace": "kube-system"},
			"roleRef": {"kind": "Role", "name": name},
		})
		assert.none(role_refs.deny) with input as examples.combined([binding])
		assert.size(role_refs.deny, 1) with input as _target("RoleBinding", {"kind": "Role", "name": name}, _role)
	}
}

test_only_warns_in_general_where_no_role_is_rendered if {
	missing := {"kind": "Role", "name": "web"}
	found := role_refs.deny with input as _target("RoleBinding", missing, _role)
	assert.same({object.get(one, "general", "deny") | some one in found}, {"deny"})
	elsewhere := role_refs.deny with input as _target("RoleBinding", missing, _cluster_role)
	assert.same({object.get(one, "general", "deny") | some one in elsewhere}, {"warn"})
}

test_denies_a_role_that_is_not_there if {
	assert.messages(role_refs.deny, {
		"RoleBinding/cart: refers to Role web, which is not rendered in its namespace",
	}) with input as _target("RoleBinding", {"kind": "Role", "name": "web"}, _role)
	assert.none(role_refs.warn) with input as _target("RoleBinding", {"kind": "Role", "name": "web"}, _role)
}

test_denies_a_role_of_another_namespace if {
	elsewhere := object.union(_role, {"metadata": {"namespace": "else"}})
	assert.size(role_refs.deny, 1) with input as _target("RoleBinding", {"kind": "Role", "name": "cart"}, elsewhere)
}

test_denies_a_role_of_the_other_kind if {
	assert.size(role_refs.deny, 1) with input as _target("RoleBinding", {"kind": "Role", "name": "cart"}, _cluster_role)
	assert.size(role_refs.warn, 1) with input as _target("RoleBinding", {"kind": "ClusterRole", "name": "cart"}, _role)
}

test_denies_a_role_bound_for_the_cluster if {
	assert.size(role_refs.deny, 1) with input as _target("ClusterRoleBinding", {"kind": "Role", "name": "cart"}, _role)
}

test_warns_of_a_cluster_role_from_elsewhere if {
	assert.messages(role_refs.warn, {
		"RoleBinding/cart: refers to ClusterRole web, which is not rendered",
	}) with input as _target("RoleBinding", {"kind": "ClusterRole", "name": "web"}, _cluster_role)
}
