# METADATA
# title: Rights to what lives in a namespace are given in it
# description: |
#   A ClusterRoleBinding gives them in every namespace, those of others and those to come included. A RoleBinding,
#   which may refer to a ClusterRole too, gives them where they are used.
# custom:
#   id: rbac.reach
#   profile: general
#   subjects: rbac.authorization.k8s.io/ClusterRoleBinding
#   severity: medium
#   fix: "give these rights by a RoleBinding in each namespace that needs them"
#   docs: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
package rules.rbac.reach

import data.lib.finding
import data.lib.rbac

deny contains found if {
	some binding in rbac.bindings
	binding.kind == "ClusterRoleBinding"
	role := rbac.reference(binding)
	some grant in rbac.grants
	grant.role.kind == "ClusterRole"
	grant.role.name == role.name
	named := {resource | some resource in grant.resources; _lives_in_a_namespace(grant, resource)}
	count(named) > 0
	found := finding.about(binding, {
		"msg": sprintf("reaches %s of every namespace", [concat(", ", sort(named))]),
		"fix": "give these rights by a RoleBinding in each namespace that needs them",
		"path": "/roleRef",
	})
}

# What certainly lives in a namespace, by API group.
_resources := {
	"": {
		"configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims", "pods", "replicationcontrollers",
		"resourcequotas", "secrets", "serviceaccounts", "services",
	},
	"apps": {"daemonsets", "deployments", "replicasets", "statefulsets"},
	"autoscaling": {"horizontalpodautoscalers"},
	"batch": {"cronjobs", "jobs"},
	"networking.k8s.io": {"ingresses", "networkpolicies"},
	"policy": {"poddisruptionbudgets"},
	"rbac.authorization.k8s.io": {"rolebindings", "roles"},
}

_lives_in_a_namespace(grant, resource) if {
	some group, resources in _resources
	rbac.is_of(grant, group)
	split(resource, "/")[0] in resources
}
