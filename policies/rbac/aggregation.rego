# METADATA
# title: ClusterRoles list their own rules
# description: |
#   The controller overwrites the rules of a role that has an aggregationRule with the rules of all ClusterRoles that
#   match its labels. Rules in the role itself are lost, and a selector for all roles creates an administrator. Anyone
#   who later creates a ClusterRole with these labels extends the role. For that, the rule only warns.
# custom:
#   id: rbac.aggregation
#   profile: general
#   general: warn
#   subjects: rbac.authorization.k8s.io/ClusterRole
#   severity: medium
#   fix: "write the rules in the role itself, and remove aggregationRule"
#   docs: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
package rules.rbac.aggregation

import data.lib.documents
import data.lib.finding
import data.lib.selectors
import data.lib.values

deny contains found if {
	some role in _aggregated
	count(values.list(values.at(role.content, ["rules"]))) > 0
	found := finding.about(role, {
		"msg": "has rules that its aggregationRule overwrites",
		"fix": "remove rules or aggregationRule",
		"path": "/rules",
	})
}

deny contains found if {
	some role in _aggregated
	some index, selector in _selectors(role)
	selectors.is_empty(selector)
	found := finding.about(role, {
		"msg": "includes the rules of all ClusterRoles",
		"fix": "select by a label that only the intended roles have, or write the rules in the role itself",
		"path": sprintf("/aggregationRule/clusterRoleSelectors/%d", [index]),
	})
}

warn contains found if {
	some role in _aggregated
	some index, selector in _selectors(role)
	not selectors.is_empty(selector)
	found := finding.about(role, {
		"msg": sprintf("includes the rules of every ClusterRole with %s, from any author", [json.marshal(selector)]),
		"fix": "write the rules in the role itself, and remove aggregationRule",
		"path": sprintf("/aggregationRule/clusterRoleSelectors/%d", [index]),
	})
}

_aggregated := [role |
	some role in documents.of("rbac.authorization.k8s.io", "ClusterRole")
	values.at(role.content, ["aggregationRule"]) != null
]

_selectors(role) := values.list(values.at(role.content, ["aggregationRule", "clusterRoleSelectors"]))
