# METADATA
# title: Bindings do not grant administrator roles
# description: |
#   cluster-admin has all permissions, in the whole cluster or in its namespace. admin and edit, bound in the whole
#   cluster, can read every Secret. A workload or a tool needs its own role.
# custom:
#   id: rbac.administrators
#   profile: general
#   subjects: [rbac.authorization.k8s.io/ClusterRoleBinding, rbac.authorization.k8s.io/RoleBinding]
#   severity: high
#   fix: "bind a role with only the required permissions"
#   docs: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
package rules.rbac.administrators

import data.lib.finding
import data.lib.rbac

deny contains found if {
	some binding in rbac.bindings
	role := rbac.reference(binding)
	role.kind == "ClusterRole"
	role.name in _forbidden[binding.kind]
	found := finding.about(binding, {
		"msg": sprintf("grants the role %s", [role.name]),
		"fix": "bind a role with only the required permissions",
		"path": "/roleRef/name",
	})
}

# The API server grants this group all permissions, without any role.
deny contains found if {
	some binding in rbac.bindings
	some subject in rbac.subjects(binding)
	subject.kind == "Group"
	subject.name == "system:masters"
	found := finding.about(binding, {
		"msg": "binds the group system:masters, which has all permissions anyway",
		"fix": "bind another group or a ServiceAccount",
		"path": subject.path,
	})
}

_forbidden := {
	"ClusterRoleBinding": {"admin", "cluster-admin", "edit"},
	"RoleBinding": {"cluster-admin"},
}
