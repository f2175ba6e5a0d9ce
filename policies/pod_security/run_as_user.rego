# METADATA
# title: Nothing runs as user 0
# description: |
#   User 0 is root, even where runAsNonRoot is set elsewhere. Neither a pod nor its containers may set it.
# custom:
#   id: workloads.run_as_user
#   profile: restricted
#   subjects: pods
#   severity: high
#   fix: "set securityContext.runAsUser to the user id of the image"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
package rules.pod_security.run_as_user

import data.lib.finding
import data.lib.pods
import data.lib.values

deny contains found if {
	some context in pods.contexts
	not pods.has_user_namespace(context.pod)
	_is_root(values.at(context.settings, ["runAsUser"]))
	found := finding.about_holder(context.holder, {
		"msg": "runs as user 0",
		"fix": "securityContext: {runAsUser: 1001}, or the user id of the image",
		"path": "/securityContext/runAsUser",
	})
}

# A value that is not a number might be root.
_is_root(user) if {
	user != null
	not _is_ordinary(user)
}

_is_ordinary(user) if {
	is_number(user)
	user > 0
}
