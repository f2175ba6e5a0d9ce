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

_doors := {
	"nodes/proxy",
	"pods/attach",
	"pods/ephemeralcontainers",
	"pods/exec",
	"pods/portforward",
	"pods/proxy",
	"services/proxy",
}

deny contains found if {
	some grant in rbac.grants
	rbac.is_of(grant, "")
	some resource in (grant.resources & _doors)
	found := rbac.about(grant, {
		"msg": sprintf("gives access to running pods with %s", [resource]),
		"fix": sprintf("remove %s from the role; use personal permissions to debug", [resource]),
		"path": "/resources",
	})
}
