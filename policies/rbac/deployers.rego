# METADATA
# title: Roles do not start pods
# description: |
#   Anyone who can create a pod or a workload can use any ServiceAccount and any Secret of the namespace. Only deployers
#   need that. The table `deployers` lists their roles with the reason.
# custom:
#   id: rbac.deployers
#   profile: general
#   general: warn
#   subjects: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   severity: high
#   fix: "remove the verb from the role; if it must start pods, waive the finding or list the role in the table `deployers`"
#   docs: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation
package rules.rbac.deployers

import data.lib.rbac

_workloads := {
	"": {"pods", "replicationcontrollers"},
	"apps": {"daemonsets", "deployments", "replicasets", "statefulsets"},
	"batch": {"cronjobs", "jobs"},
}

deny contains found if {
	some grant in rbac.grants
	not data.deployers[grant.role.name]
	some group, resources in _workloads
	rbac.is_of(grant, group)
	named := grant.resources & resources
	count(named) > 0
	verbs := rbac.allowed(grant, {"create", "patch", "update"})
	count(verbs) > 0
	found := rbac.about(grant, {
		"msg": sprintf("can %s %s, and so run anything", [concat(", ", sort(verbs)), concat(", ", sort(named))]),
		"fix": "remove the verb from the role; if it must start pods, waive the finding or list the role in the table `deployers`",
		"path": "/verbs",
	})
}
