# METADATA
# title: The ServiceAccounts of pods exist
# description: |
#   If its ServiceAccount is missing, no pod of a workload is created, and the workload itself shows no error. If no
#   ServiceAccount is rendered in the namespace, it may exist elsewhere. Then the rule only warns.
# custom:
#   id: references.service_account
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "add the ServiceAccount, or correct serviceAccountName"
#   docs: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
package rules.references.service_account

import data.lib.finding
import data.lib.pods
import data.lib.references

deny contains found if some found in _missing.deny

warn contains found if some found in _missing.warn

_missing[level] contains found if {
	some pod in pods.templates
	account := pods.account(pod)
	name := account.name
	name != ""
	level := references.level("/ServiceAccount", pod.resource.namespace, name)
	place := references.namespace("to", pod.resource.namespace)
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod uses ServiceAccount %s, which is not rendered", [name]),
		"fix": sprintf("add ServiceAccount %s%s, or correct the name", [name, place]),
		"path": account.path,
	})
}
