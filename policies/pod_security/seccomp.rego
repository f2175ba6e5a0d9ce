# METADATA
# title: Containers run with a seccomp profile
# description: |
#   Without a profile, a container can make every system call. Set RuntimeDefault or Localhost in the securityContext of
#   the pod or of the container.
# custom:
#   id: workloads.seccomp
#   profile: restricted
#   general: warn
#   subjects: pods
#   severity: medium
#   fix: "set securityContext.seccompProfile.type: RuntimeDefault for the pod"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
package rules.pod_security.seccomp

import data.lib.finding
import data.lib.pods
import data.lib.values

# workloads.seccomp_unconfined denies invalid profiles.
deny contains found if {
	some container in pods.containers
	not pods.is_windows(container.pod)
	_type(container.content) == null
	_type(container.pod.spec) == null
	found := finding.about_container(container, {
		"msg": "runs without a seccomp profile",
		"fix": "securityContext: {seccompProfile: {type: RuntimeDefault}}",
		"path": "/securityContext/seccompProfile",
		"set": {"type": "RuntimeDefault"},
	})
}

_type(holder) := values.at(holder, ["securityContext", "seccompProfile", "type"])
