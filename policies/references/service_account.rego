# METADATA
# title: ServiceAccounts of pods exist
# description: |
#   No pod is made whose ServiceAccount is absent; the workload stays at zero without an error of its own. Where the
#   target keeps no ServiceAccount in the namespace it may come from elsewhere, which is a warning.
# custom:
#   id: references.service_account
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "add the ServiceAccount, or mend serviceAccountName"
#   docs: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
package rules.references.service_account

import data.lib.finding
import data.lib.pods
import data.lib.references
import data.lib.values

deny contains found if some found in _missing.deny

warn contains found if some found in _missing.warn

_missing[level] contains found if {
	some pod in pods.templates
	name := values.text(values.at(pod.spec, ["serviceAccountName"]))
	name != ""
	level := references.level("/ServiceAccount", pod.resource.namespace, name)
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod runs as ServiceAccount %s, which the target does not hold", [name]),
		"fix": sprintf("add ServiceAccount %s to namespace %s, or mend the name", [name, pod.resource.namespace]),
		"path": "/serviceAccountName",
	})
}
