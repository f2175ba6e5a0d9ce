# METADATA
# title: Bindings refer to a role that exists
# description: |
#   A binding to a missing role grants nothing until someone creates a role with that name and any permissions. A Role
#   must be rendered in the namespace of its binding, unless every API server creates it. A ClusterRole may exist
#   elsewhere. Then the rule only warns.
# custom:
#   id: rbac.role_refs
#   profile: general
#   subjects: [rbac.authorization.k8s.io/ClusterRoleBinding, rbac.authorization.k8s.io/RoleBinding]
#   severity: medium
#   fix: "render the role in the same namespace, or correct roleRef"
#   docs: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding
package rules.rbac.role_refs

import data.lib.finding
import data.lib.pods
import data.lib.rbac
import data.lib.references

deny contains found if {
	some binding in rbac.bindings
	role := rbac.reference(binding)
	role.kind == "Role"
	not _is_built_in(binding, role.name)
	not _is_rendered(binding, role)
	found := finding.about(binding, object.union(_level(binding), {
		"msg": sprintf("refers to Role %s, which is not rendered in its namespace", [role.name]),
		"fix": "render the Role in the same namespace, or correct roleRef",
		"path": "/roleRef",
	}))
}

warn contains found if {
	some binding in rbac.bindings
	role := rbac.reference(binding)
	role.kind == "ClusterRole"
	not role.name in {"admin", "cluster-admin", "edit", "view"}
	not startswith(role.name, "system:")
	not _is_rendered(binding, role)
	found := finding.about(binding, {
		"msg": sprintf("refers to ClusterRole %s, which is not rendered", [role.name]),
		"fix": "render the ClusterRole too, or correct roleRef",
		"path": "/roleRef",
	})
}

# The Roles that every API server creates.
_is_built_in(binding, name) if {
	binding.namespace in {"kube-public", "kube-system"}
	regex.match(`^(extension-apiserver-authentication-reader$|system:)`, name)
}

# Where no Role is rendered, all of them may be elsewhere.
_level(binding) := {} if {
	references.keeps("rbac.authorization.k8s.io/Role", binding.namespace)
	not binding.namespace in pods.system_namespaces
} else := {"general": "warn"}

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
