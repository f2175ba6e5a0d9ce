# METADATA
# title: Roles give no way to more rights
# description: |
#   Whoever may escalate or bind roles, impersonate others, make tokens, sign certificates or change admission gives
#   himself any right there is.
# custom:
#   id: rbac.escalation
#   profile: general
#   subjects: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   severity: high
#   fix: "take the verb or the resource out of the role"
#   docs: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
package rules.rbac.escalation

import data.lib.rbac

# API group, resources and verbs that together are a way to more rights.
_ways := [
	{
		"group": "rbac.authorization.k8s.io",
		"resources": {"clusterroles", "roles"},
		"verbs": {"bind", "escalate"},
	},
	{
		"group": "",
		"resources": {"groups", "serviceaccounts", "users"},
		"verbs": {"impersonate"},
	},
	{
		"group": "authentication.k8s.io",
		"resources": {"uids", "userextras"},
		"verbs": {"impersonate"},
	},
	{
		"group": "",
		"resources": {"serviceaccounts/token"},
		"verbs": {"create"},
	},
	{
		"group": "certificates.k8s.io",
		"resources": {"certificatesigningrequests/approval", "certificatesigningrequests/status"},
		"verbs": {"patch", "update"},
	},
	{
		"group": "certificates.k8s.io",
		"resources": {"signers"},
		"verbs": {"approve", "sign"},
	},
	{
		"group": "admissionregistration.k8s.io",
		"resources": {"mutatingwebhookconfigurations", "validatingwebhookconfigurations"},
		"verbs": {"create", "delete", "patch", "update"},
	},
]

deny contains found if {
	some grant in rbac.grants
	some way in _ways
	rbac.is_of(grant, way.group)
	some resource in (grant.resources & way.resources)
	verbs := rbac.allowed(grant, way.verbs)
	count(verbs) > 0
	found := rbac.about(grant, {
		"msg": sprintf("may %s %s, and so get any right", [concat(" and ", sort(verbs)), resource]),
		"fix": "take the verb or the resource out of the role",
		"path": "/verbs",
	})
}
