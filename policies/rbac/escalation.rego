# METADATA
# title: Roles do not allow privilege escalation
# description: |
#   Anyone who can escalate or bind roles, impersonate others, create tokens, sign certificates or change admission
#   webhooks can get every permission. So can anyone who creates volumes with host paths, or removes the Pod Security
#   labels of any namespace. A role may change the namespaces and webhooks that it lists in resourceNames, and bind the
#   roles that it lists, unless one of them is an administrator.
# custom:
#   id: rbac.escalation
#   profile: general
#   subjects: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   severity: high
#   fix: "remove the verb or the resource from the role"
#   docs: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
package rules.rbac.escalation

import data.lib.rbac

# Combinations of API group, resources and verbs that allow privilege escalation.
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
		"resources": {
			"mutatingadmissionpolicies",
			"mutatingadmissionpolicybindings",
			"mutatingwebhookconfigurations",
			"validatingadmissionpolicies",
			"validatingadmissionpolicybindings",
			"validatingwebhookconfigurations",
		},
		"verbs": {"create", "delete", "deletecollection", "patch", "update"},
	},
	{
		"group": "",
		"resources": {"persistentvolumes"},
		"verbs": {"create"},
	},
	{
		"group": "",
		"resources": {"namespaces"},
		"verbs": {"patch", "update"},
	},
]

deny contains found if {
	some grant in rbac.grants
	some way in _ways
	rbac.is_of(grant, way.group)
	some resource in grant.resources
	_base(way, resource) in way.resources
	not _is_narrow(way, grant)
	verbs := rbac.allowed(grant, way.verbs)
	count(verbs) > 0
	found := rbac.about(grant, object.union(_level(way, grant), {
		"msg": sprintf("can %s %s, and so %s", [concat(" and ", sort(verbs)), resource, _effect(resource)]),
		"fix": "remove the verb or the resource from the role",
		"path": "/verbs",
	}))
}

# For impersonation, the part after the slash is a key: userextras/scopes.
_base(way, resource) := split(resource, "/")[0] if "impersonate" in way.verbs

_base(way, resource) := resource if not "impersonate" in way.verbs

_effect(resource) := "see and block every request" if {
	startswith(resource, "validating")
} else := "get every permission"

# Whether the role names what it may change, and nothing of that has every permission. No name matches what is yet to be
# created.
_is_narrow(way, grant) if {
	count(way.resources & {"mutatingwebhookconfigurations", "namespaces", "serviceaccounts/token"}) > 0
	count(grant.names) > 0
}

_is_narrow(way, grant) if {
	way.verbs == {"bind", "escalate"}
	not "escalate" in rbac.allowed(grant, way.verbs)
	count(grant.names) > 0
	count(grant.names & {"admin", "cluster-admin", "edit"}) == 0
}

_is_narrow(way, grant) if {
	way.resources == {"signers"}
	count(grant.names) > 0
	every name in grant.names {
		not startswith(name, "kubernetes.io/")
		not startswith(name, "*")
	}
}

# To bind, escalate or impersonate has no other use. The other ways are part of the work of many controllers.
_level(way, grant) := {} if {
	count(way.verbs & {"bind", "impersonate"}) > 0
	count(grant.names) == 0
} else := {"general": "warn"}
