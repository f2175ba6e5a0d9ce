# METADATA
# title: Roles use no wildcards
# description: |
#   A wildcard also grants what the next version of Kubernetes, or the next custom resource, brings. Nobody reviews
#   that.
# custom:
#   id: rbac.wildcards
#   profile: general
#   subjects: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   severity: high
#   fix: "list the apiGroups, resources and verbs that are needed"
#   docs: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
package rules.rbac.wildcards

import data.lib.rbac

_fields := {
	"groups": "apiGroups",
	"resources": "resources",
	"urls": "nonResourceURLs",
	"verbs": "verbs",
}

deny contains found if {
	some grant in rbac.grants
	some key, field in _fields
	some text in grant[key]
	_is_wild(field, text)
	found := rbac.about(grant, {
		"msg": sprintf("%s of a rule holds the wildcard %s", [field, text]),
		"fix": sprintf("list the %s that are needed", [field]),
		"path": sprintf("/%s", [field]),
	})
}

_is_wild("nonResourceURLs", text) if text in {"*", "/*"}

_is_wild(field, text) if {
	field != "nonResourceURLs"
	contains(text, "*")
}
