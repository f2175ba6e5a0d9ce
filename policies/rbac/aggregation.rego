# METADATA
# title: ClusterRoles say themselves what they allow
# description: |
#   The rules of a role with an aggregationRule are overwritten with those of every ClusterRole that has its labels, so
#   rules written beside it are lost, and a selector for all of them makes an administrator. Whoever writes a role with
#   these labels, later and elsewhere, adds to its rights, which is worth a warning.
# custom:
#   id: rbac.aggregation
#   profile: general
#   subjects: rbac.authorization.k8s.io/ClusterRole
#   severity: medium
#   fix: "write the rules in the role itself, and leave aggregationRule out"
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
		"fix": "leave rules out, or aggregationRule",
		"path": "/rules",
	})
}

deny contains found if {
	some role in _aggregated
	some index, selector in _selectors(role)
	selectors.is_empty(selector)
	found := finding.about(role, {
		"msg": "takes the rules of every ClusterRole there is",
		"fix": "select by a label that only the roles have that are meant, or write the rules in the role itself",
		"path": sprintf("/aggregationRule/clusterRoleSelectors/%d", [index]),
	})
}

warn contains found if {
	some role in _aggregated
	some index, selector in _selectors(role)
	not selectors.is_empty(selector)
	found := finding.about(role, {
		"msg": sprintf("takes the rules of every ClusterRole with %s, whoever writes it", [json.marshal(selector)]),
		"fix": "write the rules in the role itself, and leave aggregationRule out",
		"path": sprintf("/aggregationRule/clusterRoleSelectors/%d", [index]),
	})
}

_aggregated := [role |
	some role in documents.of("rbac.authorization.k8s.io", "ClusterRole")
	values.at(role.content, ["aggregationRule"]) != null
]

_selectors(role) := values.list(values.at(role.content, ["aggregationRule", "clusterRoleSelectors"]))
