# METADATA
# title: Roles do not access running pods
# description: |
#   exec, attach, portforward, ephemeral containers and the proxies of nodes, pods and services give a shell or a
#   connection that bypasses NetworkPolicies. nodes/proxy also bypasses audit and admission.
# custom:
#   id: rbac.execution
#   profile: general
#   subjects: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   severity: high
#   fix: "remove the subresource from the role; use personal permissions to debug"
#   docs: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#access-to-proxy-subresource-of-nodes
package rules.rbac.execution

import data.lib.rbac

# The verbs that open each door. list and watch open none: a subresource has no list.
_doors := {
	"nodes/proxy": _any_request,
	"pods/attach": _connection,
	"pods/ephemeralcontainers": {"patch", "update"},
	"pods/exec": _connection,
	"pods/portforward": _connection,
	"pods/proxy": _any_request,
	"services/proxy": _any_request,
}

_connection := {"create", "get"}

_any_request := {"create", "delete", "get", "patch", "update"}

deny contains found if {
	some grant in rbac.grants
	rbac.is_of(grant, "")
	some resource in grant.resources
	count(rbac.allowed(grant, _doors[resource])) > 0
	found := rbac.about(grant, object.union(_level(resource), {
		"msg": sprintf("gives access to running pods with %s", [resource]),
		"fix": sprintf("remove %s from the role; use personal permissions to debug", [resource]),
		"path": "/resources",
	}))
}

# A connection to a port is not yet a command in the container. Some controllers need it.
_level(resource) := {"general": "warn"} if {
	resource in {"pods/portforward", "pods/proxy", "services/proxy"}
} else := {}
