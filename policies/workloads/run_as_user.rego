# METADATA
# title: Nothing runs as user 0
# description: |
#   User 0 is root, whatever runAsNonRoot says elsewhere. Neither a pod nor any of its containers may ask for it.
# custom:
#   id: workloads.run_as_user
#   severity: high
#   fix: "set securityContext.runAsUser to the number of the image's own user"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
package rules.workloads.run_as_user

import data.lib.finding
import data.lib.pods

deny contains finding.about_pod(pod, object.union(_said, {"msg": "the pod runs as user 0"})) if {
	some pod in pods.templates
	not pods.has_user_namespace(pod)
	_is_root(pods.setting(pod.spec, "runAsUser"))
}

deny contains finding.about_container(container, _said) if {
	some container in pods.containers
	not pods.has_user_namespace(container.pod)
	_is_root(pods.setting(container.content, "runAsUser"))
}

_said := {
	"msg": "runs as user 0",
	"fix": "securityContext: {runAsUser: 1001}, or the number of the image's own user",
	"path": "/securityContext/runAsUser",
}

# A user that is not a number cannot be told from root.
_is_root(user) if {
	user != null
	not _is_ordinary(user)
}

_is_ordinary(user) if {
	is_number(user)
	user > 0
}
