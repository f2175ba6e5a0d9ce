package rules.rbac.execution_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.rbac.execution

_role(group, resource) := examples.combined([examples.resource("rbac.authorization.k8s.io/v1", "Role", "cart", {
	"rules": [{"apiGroups": [group], "resources": [resource], "verbs": ["get"]}],
})])

test_accepts_reading if {
	every resource in ["pods", "pods/log", "nodes/metrics"] {
		assert.none(execution.deny) with input as _role("", resource)
	}
	assert.none(execution.deny) with input as _role("metrics.example", "nodes/proxy")
}

test_denies_every_door if {
	doors := [
		"nodes/proxy",
		"pods/attach",
		"pods/ephemeralcontainers",
		"pods/exec",
		"pods/portforward",
		"pods/proxy",
		"services/proxy",
	]
	every resource in doors {
		assert.messages(execution.deny, {
			sprintf("Role/cart: gives access to running pods with %s", [resource]),
		}) with input as _role("", resource)
	}
}
