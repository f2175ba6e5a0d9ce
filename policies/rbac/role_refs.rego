# METADATA
# title: Bindings refer to a role that is there
# description: |
#   A binding to a role that nobody wrote grants nothing, until somebody writes one of that name with rights nobody
#   reviewed here. A Role must be rendered beside its binding; a ClusterRole may come from elsewhere, which is worth a
#   look.
# custom:
#   id: rbac.role_refs
#   profile: general
#   subjects: [rbac.authorization.k8s.io/ClusterRoleBinding, rbac.authorization.k8s.io/RoleBinding]
#   severity: medium
#   fix: "render the role in the same namespace, or correct roleRef"
#   docs: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding
package rules.rbac.role_refs

import data.lib.finding
import data.lib.rbac

deny contains found if {
	some binding in rbac.bindings
	role := rbac.reference(binding)
	role.kind == "Role"
	not _is_rendered(binding, role)
	found := finding.about(binding, {
		"msg": sprintf("refers to Role %s, which is not rendered in its namespace", [role.name]),
		"fix": "render the Role in the same namespace, or correct roleRef",
		"path": "/roleRef",
	})
}

warn contains found if {
	some binding in rbac.bindings
	role := rbac.reference(binding)
	role.kind == "ClusterRole"
	not role.name in {"admin", "cluster-admin", "edit", "view"}
	not startswith(role.name, "system:")
	not _is_rendered(binding, role)
	found := finding.about(binding, {
		"msg": sprintf("refers to ClusterRole %s, which is not rendered here", [role.name]),
		"fix": "render the ClusterRole in the same target, or correct roleRef",
		"path": "/roleRef",
	})
}

_is_rendered(binding, reference) if {
	some role in rbac.roles
	role.kind == reference.kind
	role.name == reference.name
	_is_in_reach(binding, role)
}

_is_in_reach(_, role) if role.kind == "ClusterRole"

_is_in_reach(binding, role) if {
	binding.kind == "RoleBinding"
	role.namespace == binding.namespace
}
