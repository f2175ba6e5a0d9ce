# METADATA
# title: Pods set their user and group
# description: |
#   With runAsNonRoot alone, the image decides on the user, and its next version may use another one. File permissions
#   and audits refer to user and group ids. fsGroup makes the volumes of claims writable for the group. The rule warns.
#   It denies in namespaces for which the table `strict` lists `conventions`.
# custom:
#   id: workloads.identity
#   profile: strict
#   subjects: pods
#   severity: low
#   fix: "set runAsUser, runAsGroup and, with claims, fsGroup in the securityContext of the pod"
#   docs: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
package rules.workloads.identity

import data.lib.finding
import data.lib.pods
import data.lib.strictness
import data.lib.values

deny contains found if some found in strictness.denied("conventions", _left)

warn contains found if some found in strictness.warned("conventions", _left)

_left contains found if {
	some pod in pods.templates
	not pods.is_windows(pod)
	missing := {field | some field in _needed(pod); not is_number(pods.setting(pod.spec, field))} - _elsewhere(pod)
	count(missing) > 0
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod does not set %s", [concat(", ", sort(missing))]),
		"fix": "set runAsUser, runAsGroup and, with claims, fsGroup in the securityContext of the pod",
		"path": "/securityContext",
	})
}

_needed(pod) := {"runAsGroup", "runAsUser"} if not _claims(pod)

_needed(pod) := {"fsGroup", "runAsGroup", "runAsUser"} if _claims(pod)

_claims(pod) if {
	some volume in values.list(values.at(pod.spec, ["volumes"]))
	some type in ["ephemeral", "persistentVolumeClaim"]
	is_object(values.at(volume, [type]))
}

_claims(pod) if count(values.list(values.at(pod.resource.content, ["spec", "volumeClaimTemplates"]))) > 0

# The fields that every container sets itself.
_elsewhere(pod) := {field |
	some field in ["runAsGroup", "runAsUser"]
	every list in ["containers", "initContainers"] {
		every container in values.list(values.at(pod.spec, [list])) {
			is_number(pods.setting(container, field))
		}
	}
}
