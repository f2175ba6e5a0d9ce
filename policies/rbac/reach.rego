# METADATA
# title: Namespaced permissions are granted per namespace
# description: |
#   A ClusterRoleBinding grants permissions in all namespaces, including those of others and future ones. A RoleBinding
#   grants them only in its own namespace. It can refer to a ClusterRole too.
# custom:
#   id: rbac.reach
#   profile: strict
#   subjects: rbac.authorization.k8s.io/ClusterRoleBinding
#   severity: medium
#   fix: "grant these permissions with a RoleBinding in each namespace that needs them"
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
		"msg": sprintf("grants access to %s in all namespaces", [concat(", ", sort(named))]),
		"fix": "grant these permissions with a RoleBinding in each namespace that needs them",
		"path": "/roleRef",
	})
}

# Resources that are certainly namespaced, by API group.
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
