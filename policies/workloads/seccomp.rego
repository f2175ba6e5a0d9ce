# METADATA
# title: Containers run under a seccomp profile
# description: |
#   Without a profile a container may make every system call of the kernel. RuntimeDefault or Localhost,
#   from the pod's securityContext or the container's own.
# custom:
#   id: workloads.seccomp
#   profile: restricted
#   subjects: pods
#   severity: medium
#   fix: "set securityContext.seccompProfile.type: RuntimeDefault for the pod"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
package rules.workloads.seccomp

import data.lib.finding
import data.lib.pods
import data.lib.values

_confined := {"RuntimeDefault", "Localhost"}

deny contains found if {
	some pod in pods.templates
	not pods.is_windows(pod)
	type := _type(pod.spec)
	not type in (_confined | {null})
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod's seccomp profile is %v", [type]),
		"fix": "securityContext: {seccompProfile: {type: RuntimeDefault}}",
		"path": "/securityContext/seccompProfile",
	})
}

deny contains found if {
	some container in pods.containers
	not pods.is_windows(container.pod)
	found := finding.about_container(container, {
		"msg": _fault(container),
		"fix": "securityContext: {seccompProfile: {type: RuntimeDefault}}",
		"path": "/securityContext/seccompProfile",
	})
}

_fault(container) := sprintf("runs under the seccomp profile %v", [type]) if {
	type := _type(container.content)
	not type in (_confined | {null})
}

_fault(container) := "runs under no seccomp profile" if {
	_type(container.content) == null
	_type(container.pod.spec) == null
}

_type(holder) := values.at(holder, ["securityContext", "seccompProfile", "type"])
