# METADATA
# title: Roles reach into no running pods
# description: |
#   exec, attach, portforward, ephemeral containers and the proxies of nodes, pods and services are a shell or a
#   connection past every NetworkPolicy; nodes/proxy even bypasses audit and admission.
# custom:
#   id: rbac.execution
#   profile: general
#   subjects: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   severity: high
#   fix: "take the subresource out of the role; people debug with rights of their own"
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
		"msg": sprintf("reaches into what runs, by %s", [resource]),
		"fix": sprintf("take %s out of the role; people debug with rights of their own", [resource]),
		"path": "/resources",
	})
}
