# METADATA
# title: Roles read no Secrets
# description: |
#   Whoever lists Secrets has the password of everything that shares the namespace, or the cluster; patch, update and
#   deletecollection answer with the contents, too. A pod gets its own Secret mounted and needs no such right.
# custom:
#   id: rbac.secrets
#   profile: general
#   subjects: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   severity: high
#   fix: "mount the Secret, or name it in resourceNames of a Role with the verb get alone"
#   docs: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets
package rules.rbac.secrets

import data.lib.rbac

_reading := {"deletecollection", "get", "list", "patch", "update", "watch"}

deny contains found if {
	some grant in rbac.grants
	"secrets" in grant.resources
	rbac.is_of(grant, "")
	verbs := rbac.allowed(grant, _reading)
	count(verbs) > 0
	not _is_narrow(grant)
	found := rbac.about(grant, {
		"msg": sprintf("may %s Secrets %s", [concat(", ", sort(verbs)), _reach[grant.role.kind]]),
		"fix": "mount the Secret, or name it in resourceNames of a Role with the verb get alone",
		"path": "/resources",
	})
}

_is_narrow(grant) if {
	grant.role.kind == "Role"
	grant.verbs == {"get"}
	count(grant.names) > 0
}

_reach := {
	"ClusterRole": "wherever it is bound",
	"Role": "of its namespace",
}
