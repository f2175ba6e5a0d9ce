# METADATA
# title: Roles do not read Secrets
# description: |
#   Anyone who can list Secrets knows the passwords of the whole namespace or cluster. The responses to patch, update
#   and deletecollection contain the values too. A pod can mount its own Secret and does not need this permission. With
#   resourceNames, a role reaches only the Secrets that it names.
# custom:
#   id: rbac.secrets
#   profile: general
#   general: warn
#   subjects: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   severity: high
#   fix: "mount the Secret, or list it in resourceNames"
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
	count(grant.names) == 0
	found := rbac.about(grant, {
		"msg": sprintf("can %s Secrets %s", [concat(", ", sort(verbs)), _reach[grant.role.kind]]),
		"fix": "mount the Secret, or list it in resourceNames",
		"path": "/resources",
	})
}

_reach := {
	"ClusterRole": "wherever it is bound",
	"Role": "of its namespace",
}
