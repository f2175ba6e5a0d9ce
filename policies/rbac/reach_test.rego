package rules.rbac.reach_test

import data.lib.assert_test as assert
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
	assert.none(reach.deny) with input as _target("ClusterRoleBinding", "", ["nodes", "nodes/metrics", "namespaces"])
	assert.none(reach.deny) with input as _target("ClusterRoleBinding", "storage.k8s.io", ["storageclasses"])
}

test_accepts_a_binding_in_a_namespace if {
	assert.none(reach.deny) with input as _target("RoleBinding", "", ["pods"])
}

test_accepts_what_another_group_calls_so if {
	assert.none(reach.deny) with input as _target("ClusterRoleBinding", "", ["deployments"])
	assert.none(reach.deny) with input as _target("ClusterRoleBinding", "metrics.k8s.io", ["pods"])
}

test_accepts_what_other_roles_allow if {
	rule := {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
	bound := _target("ClusterRoleBinding", "", ["nodes"])
	every other in [
		examples.resource(_api, "ClusterRole", "web", {"rules": [rule]}),
		examples.resource(_api, "Role", "cart", {"rules": [rule]}),
	] {
		assert.none(reach.deny) with input as array.concat(bound, examples.combined([other]))
	}
}

# The output of `kubectl api-resources --namespaced`, by API group.
_namespaced := {
	"": [
		"configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims", "pods", "replicationcontrollers",
		"resourcequotas", "secrets", "serviceaccounts", "services",
	],
	"apps": ["daemonsets", "deployments", "replicasets", "statefulsets"],
	"autoscaling": ["horizontalpodautoscalers"],
	"batch": ["cronjobs", "jobs"],
	"networking.k8s.io": ["ingresses", "networkpolicies"],
	"policy": ["poddisruptionbudgets"],
	"rbac.authorization.k8s.io": ["rolebindings", "roles"],
}

test_denies_all_namespaced_resources if {
	every group, resources in _namespaced {
		every resource in resources {
			assert.messages(reach.deny, {
				sprintf("ClusterRoleBinding/cart: grants access to %s in all namespaces", [resource]),
			}) with input as _target("ClusterRoleBinding", group, [resource])
		}
	}
}

test_denies_reaching_every_namespace if {
	assert.messages(reach.deny, {
		"ClusterRoleBinding/cart: grants access to configmaps, pods/log in all namespaces",
	}) with input as _target("ClusterRoleBinding", "", ["pods/log", "nodes", "configmaps"])
}
