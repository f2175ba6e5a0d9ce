# METADATA
# title: Namespaces have a ResourceQuota and a LimitRange
# description: |
#   Without a ResourceQuota, a typing error or an unlimited autoscaler in one namespace can use up the whole cluster.
#   Without a LimitRange, containers from elsewhere, such as debug containers, have no limits. The rule applies to
#   rendered namespaces in which something runs. It warns. It denies in namespaces for which the table `strict` lists
#   `conventions`.
# custom:
#   id: namespaces.bounded
#   profile: strict
#   subjects: namespaces
#   severity: low
#   fix: "add a ResourceQuota and a LimitRange to the namespace"
#   docs: https://kubernetes.io/docs/concepts/policy/resource-quotas/
package rules.namespaces.bounded

import data.lib.documents
import data.lib.finding
import data.lib.pods
import data.lib.references

deny contains found if {
	some name, found in _left
	"conventions" in data.strict[name]
}

warn contains found if {
	some name, found in _left
	not _is_strict(name)
}

_is_strict(name) if "conventions" in data.strict[name]

_left[namespace.name] := found if {
	some namespace in documents.of("", "Namespace")
	namespace.name in pods.namespaces
	missing := [kind |
		some kind in ["LimitRange", "ResourceQuota"]
		not references.keeps(concat("", ["/", kind]), namespace.name)
	]
	count(missing) > 0
	found := finding.about(namespace, {
		"msg": sprintf("has no %s", [concat(" and no ", missing)]),
		"fix": sprintf("add a %s to the namespace", [concat(" and a ", missing)]),
		"path": "",
	})
}
