# METADATA
# title: Nobody is made an administrator
# description: |
#   cluster-admin may do everything, everywhere or in its namespace; admin and edit, bound for the whole cluster, read
#   every Secret in it. A workload or a tool gets a role of its own.
# custom:
#   id: rbac.administrators
#   profile: general
#   subjects: [rbac.authorization.k8s.io/ClusterRoleBinding, rbac.authorization.k8s.io/RoleBinding]
#   severity: high
#   fix: "bind a role that lists what is needed"
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
		"msg": sprintf("gives the role %s", [role.name]),
		"fix": "bind a role that lists what is needed",
		"path": "/roleRef/name",
	})
}

# What the API server takes for an administrator without asking any role.
deny contains found if {
	some binding in rbac.bindings
	some subject in rbac.subjects(binding)
	subject.kind == "Group"
	subject.name == "system:masters"
	found := finding.about(binding, {
		"msg": "names the group system:masters, which may do everything anyway",
		"fix": "bind a group or ServiceAccount of your own",
		"path": subject.path,
	})
}

_forbidden := {
	"ClusterRoleBinding": {"admin", "cluster-admin", "edit"},
	"RoleBinding": {"cluster-admin"},
}
