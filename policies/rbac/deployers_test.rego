package rules.rbac.deployers_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.rbac.deployers

_role(group, resources, verbs) := examples.combined([examples.resource(
	"rbac.authorization.k8s.io/v1",
	"Role",
	"cart",
	{"rules": [{"apiGroups": [group], "resources": resources, "verbs": verbs}]},
)])

test_accepts_reading_and_other_groups if {
	assert.none(deployers.deny) with input as _role("", ["pods"], ["get", "list", "delete"])
	assert.none(deployers.deny) with input as _role("apps", ["pods"], ["create"])
}

test_accepts_a_role_of_the_table if {
	assert.none(deployers.deny) with input as _role("apps", ["deployments"], ["create"])
		with data.deployers as {"cart": "applies what Git says"}
}

# The resources that start pods, and their API groups.
_workloads := {
	"cronjobs": "batch",
	"daemonsets": "apps",
	"deployments": "apps",
	"jobs": "batch",
	"pods": "",
	"replicasets": "apps",
	"replicationcontrollers": "",
	"statefulsets": "apps",
}

test_denies_every_workload if {
	every resource, group in _workloads {
		assert.messages(deployers.deny, {
			sprintf("Role/cart: can create %s, and so run anything", [resource]),
		}) with input as _role(group, [resource], ["create"])
	}
}

test_says_what_may_be_done if {
	assert.messages(deployers.deny, {
		"Role/cart: can create pods, and so run anything",
	}) with input as _role("", ["pods", "configmaps"], ["create"])
	assert.messages(deployers.deny, {
		"Role/cart: can create, patch, update deployments, statefulsets, and so run anything",
	}) with input as _role("apps", ["statefulsets", "deployments"], ["*"])
	assert.size(deployers.deny, 1) with input as _role("batch", ["cronjobs"], ["patch"])
}
