# METADATA
# title: Containers run under a seccomp profile
# description: |
#   Without a profile a container may make every system call of the kernel. RuntimeDefault or Localhost, from the
#   pod's securityContext or the container's own.
# custom:
#   id: workloads.seccomp
#   profile: restricted
#   subjects: pods
#   severity: medium
#   fix: "set securityContext.seccompProfile.type: RuntimeDefault for the pod"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
package rules.pod_security.seccomp

import data.lib.finding
import data.lib.pods
import data.lib.values

# A profile that is none is for workloads.seccomp_unconfined to deny.
deny contains found if {
	some container in pods.containers
	not pods.is_windows(container.pod)
	_type(container.content) == null
	_type(container.pod.spec) == null
	found := finding.about_container(container, {
		"msg": "runs under no seccomp profile",
		"fix": "securityContext: {seccompProfile: {type: RuntimeDefault}}",
		"path": "/securityContext/seccompProfile",
		"set": {"type": "RuntimeDefault"},
	})
}

_type(holder) := values.at(holder, ["securityContext", "seccompProfile", "type"])
