package rules.rbac.deployers_test

import data.lib.examples_test as examples
import data.rules.rbac.deployers

_role(group, resources, verbs) := examples.combined([examples.resource(
	"rbac.authorization.k8s.io/v1",
	"Role",
	"cart",
	{"rules": [{"apiGroups": [group], "resources": resources, "verbs": verbs}]},
)])

test_accepts_reading_and_other_groups if {
	count(deployers.deny) == 0 with input as _role("", ["pods"], ["get", "list", "delete"])
	count(deployers.deny) == 0 with input as _role("apps", ["pods"], ["create"])
}

test_accepts_a_role_of_the_table if {
	count(deployers.deny) == 0 with input as _role("apps", ["deployments"], ["create"])
		with data.deployers as {"cart": "applies what Git says"}
}

test_denies_every_workload if {
	examples.messages(deployers.deny) == {
		"Role/cart: may create pods, and so run anything",
	} with input as _role("", ["pods", "configmaps"], ["create"])
	examples.messages(deployers.deny) == {
		"Role/cart: may create, patch, update deployments, statefulsets, and so run anything",
	} with input as _role("apps", ["statefulsets", "deployments"], ["*"])
	count(deployers.deny) == 1 with input as _role("batch", ["cronjobs"], ["patch"])
}
