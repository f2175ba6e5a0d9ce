package rules.rbac.execution_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.rbac.execution

_role(group, resource, verbs) := examples.combined([examples.resource(
	"rbac.authorization.k8s.io/v1",
	"Role",
	"cart",
	{"rules": [{"apiGroups": [group], "resources": [resource], "verbs": verbs}]},
)])

_opening := {
	"nodes/proxy": ["create", "delete", "get", "patch", "update", "*"],
	"pods/attach": ["create", "get", "*"],
	"pods/ephemeralcontainers": ["patch", "update", "*"],
	"pods/exec": ["create", "get", "*"],
	"pods/portforward": ["create", "get", "*"],
	"pods/proxy": ["create", "delete", "get", "patch", "update", "*"],
	"services/proxy": ["create", "delete", "get", "patch", "update", "*"],
}

_verbs := ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch", "*"]

test_accepts_reading if {
	every resource in ["pods", "pods/log", "nodes/metrics"] {
		assert.none(execution.deny) with input as _role("", resource, ["get"])
	}
	assert.none(execution.deny) with input as _role("metrics.example", "nodes/proxy", ["get"])
}

_in_general(resource) := "warn" if {
	resource in {"pods/portforward", "pods/proxy", "services/proxy"}
} else := "deny"

test_only_warns_in_general_of_connections_to_ports if {
	every resource, _ in _opening {
		found := execution.deny with input as _role("", resource, ["*"])
		assert.same({object.get(one, "general", "deny") | some one in found}, {_in_general(resource)})
	}
}

test_accepts_verbs_that_open_nothing if {
	every resource, opening in _opening {
		verbs := [verb | some verb in _verbs; not verb in opening]
		assert.none(execution.deny) with input as _role("", resource, verbs)
	}
}

test_denies_every_door if {
	every resource, opening in _opening {
		every verb in opening {
			assert.messages(execution.deny, {
				sprintf("Role/cart: gives access to running pods with %s", [resource]),
			}) with input as _role("", resource, ["list", verb])
		}
	}
}
