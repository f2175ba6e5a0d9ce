package rules.rbac.escalation_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.rbac.escalation

_role(group, resource, verbs) := examples.combined([examples.resource("rbac.authorization.k8s.io/v1", "Role", "cart", {
	"rules": [{"apiGroups": [group], "resources": [resource], "verbs": verbs}],
})])

test_accepts_handing_on_what_one_has if {
	assert.none(escalation.deny) with input as _role("rbac.authorization.k8s.io", "roles", ["create", "update"])
	assert.none(escalation.deny) with input as _role("", "serviceaccounts", ["create"])
	assert.none(escalation.deny) with input as _role("example.com", "signers", ["sign"])
}

test_accepts_changing_a_named_namespace if {
	named := {"rules": [{"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["shop"], "verbs": ["patch"]}]}
	role := examples.resource("rbac.authorization.k8s.io/v1", "ClusterRole", "cart", named)
	assert.none(escalation.deny) with input as examples.combined([role])
	assert.none(escalation.deny) with input as _role("", "namespaces/status", ["patch"])
	assert.none(escalation.deny) with input as _role("", "serviceaccounts/token", ["get"])
}

test_denies_impersonation_of_listed_users if {
	named := {"rules": [{"apiGroups": [""], "resources": ["users"], "resourceNames": ["cart"], "verbs": ["impersonate"]}]}
	role := examples.resource("rbac.authorization.k8s.io/v1", "ClusterRole", "cart", named)
	assert.messages(escalation.deny, {
		"ClusterRole/cart: can impersonate users, and so get every permission",
	}) with input as examples.combined([role])
}

# API group, resource and verb, from the documentation of RBAC, certificates and admission.
_ways := array.concat(_ways_to_rights, _ways_by_admission)

_ways_to_rights := [
	["rbac.authorization.k8s.io", "roles", "bind"],
	["rbac.authorization.k8s.io", "clusterroles", "escalate"],
	["", "groups", "impersonate"],
	["", "serviceaccounts", "impersonate"],
	["", "users", "impersonate"],
	["authentication.k8s.io", "uids", "impersonate"],
	["authentication.k8s.io", "userextras", "impersonate"],
	["authentication.k8s.io", "userextras/scopes", "impersonate"],
	["", "serviceaccounts/token", "create"],
	["certificates.k8s.io", "certificatesigningrequests/approval", "patch"],
	["certificates.k8s.io", "certificatesigningrequests/approval", "update"],
	["certificates.k8s.io", "certificatesigningrequests/status", "update"],
	["certificates.k8s.io", "signers", "approve"],
	["certificates.k8s.io", "signers", "sign"],
	["", "persistentvolumes", "create"],
	["", "namespaces", "patch"],
	["", "namespaces", "update"],
]

_ways_by_admission := [["admissionregistration.k8s.io", resource, verb] |
	some resource in [
		"mutatingadmissionpolicies",
		"mutatingadmissionpolicybindings",
		"mutatingwebhookconfigurations",
		"validatingadmissionpolicies",
		"validatingadmissionpolicybindings",
		"validatingwebhookconfigurations",
	]
	some verb in ["create", "delete", "deletecollection", "patch", "update"]
]

test_denies_every_way if {
	every way in _ways {
		assert.messages(escalation.deny, {
			sprintf("Role/cart: can %s %s, and so %s", [way[2], way[1], _effect(way[1])]),
		}) with input as _role(way[0], way[1], [way[2]])
	}
}

_effect(resource) := "see and block every request" if startswith(resource, "validating")

_effect(resource) := "get every permission" if not startswith(resource, "validating")

_named(group, resource, verbs, names) := examples.combined([examples.resource(
	"rbac.authorization.k8s.io/v1",
	"ClusterRole",
	"cart",
	{"rules": [{"apiGroups": [group], "resources": [resource], "resourceNames": names, "verbs": verbs}]},
)])

test_accepts_what_the_role_names if {
	own := ["cart"]
	every resource in ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"] {
		assert.none(escalation.deny) with input as _named("admissionregistration.k8s.io", resource, ["patch"], own)
	}
	assert.none(escalation.deny) with input as _named("rbac.authorization.k8s.io", "clusterroles", ["bind"], own)
	assert.none(escalation.deny) with input as _named("", "serviceaccounts/token", ["create"], own)
	signers := ["issuers.cert-manager.io/*"]
	assert.none(escalation.deny) with input as _named("certificates.k8s.io", "signers", ["approve"], signers)
}

test_denies_what_the_role_names_if_that_has_every_permission if {
	rbac := "rbac.authorization.k8s.io"
	assert.size(escalation.deny, 1) with input as _named(rbac, "clusterroles", ["bind"], ["cluster-admin"])
	assert.size(escalation.deny, 1) with input as _named(rbac, "clusterroles", ["escalate"], ["cart"])
	every signer in ["kubernetes.io/kube-apiserver-client", "*"] {
		assert.size(escalation.deny, 1) with input as _named("certificates.k8s.io", "signers", ["approve"], [signer])
	}
}

# What becomes of the findings in the profile general.
_levels(target) := {object.get(found, "general", "deny") | some found in findings} if {
	findings := escalation.deny with input as target
}

test_only_warns_in_general_of_what_controllers_need if {
	assert.same(_levels(_role("rbac.authorization.k8s.io", "roles", ["bind"])), {"deny"})
	assert.same(_levels(_role("rbac.authorization.k8s.io", "roles", ["escalate"])), {"deny"})
	assert.same(_levels(_role("", "users", ["impersonate"])), {"deny"})
	assert.same(_levels(_named("", "users", ["impersonate"], ["cart"])), {"warn"})
	assert.same(_levels(_role("", "persistentvolumes", ["create"])), {"warn"})
	assert.same(_levels(_role("", "namespaces", ["patch"])), {"warn"})
}

test_denies_all_verbs if {
	assert.messages(escalation.deny, {
		"Role/cart: can bind and escalate roles, and so get every permission",
	}) with input as _role("rbac.authorization.k8s.io", "roles", ["*"])
}
