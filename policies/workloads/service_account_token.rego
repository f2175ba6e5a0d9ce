# METADATA
# title: Pods mount an API token only if they need it
# description: |
#   An attacker in a container can use a mounted token to call the API server. The pod or its ServiceAccount must
#   disable the mount, unless the table `service_accounts` gives a reason why the account needs it.
# custom:
#   id: workloads.service_account_token
#   profile: system
#   subjects: pods
#   severity: medium
#   fix: "set automountServiceAccountToken: false in the pod template"
#   docs: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
package rules.workloads.service_account_token

import data.lib.documents
import data.lib.finding
import data.lib.pods
import data.lib.values

deny contains found if {
	some pod in pods.templates
	account := _account(pod)
	not data.service_accounts[pod.resource.namespace][account].token
	not _is_off(pod, account)
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod mounts the API token of ServiceAccount %v", [account]),
		"fix": "automountServiceAccountToken: false",
		"path": "/automountServiceAccountToken",
		"set": false,
	})
}

_account(pod) := name if {
	name := pods.account(pod).name
	name != ""
} else := "default"

_is_off(pod, _) if values.at(pod.spec, ["automountServiceAccountToken"]) == false

# The setting of the pod overrides the setting of its account.
_is_off(pod, account) if {
	values.at(pod.spec, ["automountServiceAccountToken"]) == null
	some resource in documents.of("", "ServiceAccount")
	resource.name == account
	resource.namespace == pod.resource.namespace
	resource.content.automountServiceAccountToken == false
}
