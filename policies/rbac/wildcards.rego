# METADATA
# title: Roles do not use wildcards
# description: |
#   A wildcard also includes resources of later Kubernetes versions and new custom resources. Nobody reviews these
#   permissions.
# custom:
#   id: rbac.wildcards
#   profile: general
#   general: warn
#   subjects: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   severity: high
#   fix: "list the required apiGroups, resources and verbs"
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
		"msg": sprintf("has a wildcard in the %s of a rule: %s", [field, text]),
		"fix": sprintf("list the required %s", [field]),
		"path": sprintf("/%s", [field]),
	})
}

_is_wild("nonResourceURLs", text) if text in {"*", "/*"}

_is_wild(field, text) if {
	field != "nonResourceURLs"
	contains(text, "*")
}
