package rules.rbac.reach_test

import data.lib.examples_test as examples
import data.rules.rbac.reach

_api := "rbac.authorization.k8s.io/v1"

_target(kind, group, resources) := examples.combined([
	examples.resource(_api, kind, "cart", {"roleRef": {"kind": "ClusterRole", "name": "cart"}}),
	examples.resource(_api, "ClusterRole", "cart", {
		"rules": [{"apiGroups": [group], "resources": resources, "verbs": ["get"]}],
	}),
])

test_accepts_what_belongs_to_the_cluster if {
	count(reach.deny) == 0 with input as _target("ClusterRoleBinding", "", ["nodes", "nodes/metrics", "namespaces"])
	count(reach.deny) == 0 with input as _target("ClusterRoleBinding", "storage.k8s.io", ["storageclasses"])
}

test_accepts_a_binding_in_a_namespace if {
	count(reach.deny) == 0 with input as _target("RoleBinding", "", ["pods"])
}

test_denies_reaching_every_namespace if {
	examples.messages(reach.deny) == {
		"ClusterRoleBinding/cart: reaches configmaps, pods/log of every namespace",
	} with input as _target("ClusterRoleBinding", "", ["pods/log", "nodes", "configmaps"])
	count(reach.deny) == 1 with input as _target("ClusterRoleBinding", "apps", ["deployments"])
}
