# METADATA
# title: Roles start no pods
# description: |
#   Whoever makes a pod, or the workload that makes one, runs it with any ServiceAccount and any Secret of the
#   namespace. That is a deployer's job: the table `deployers` names the roles that have it, with the reason.
# custom:
#   id: rbac.deployers
#   profile: general
#   subjects: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   severity: high
#   fix: "take the verb out of the role, or give it a row with its reason in policies/data/deployers.yaml"
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
		"msg": sprintf("may %s %s, and so run anything", [concat(", ", sort(verbs)), concat(", ", sort(named))]),
		"fix": "take the verb out of the role, or give it a row with its reason in policies/data/deployers.yaml",
		"path": "/verbs",
	})
}
