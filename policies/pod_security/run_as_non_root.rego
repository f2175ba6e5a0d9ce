# METADATA
# title: Containers do not run as root
# description: |
#   With runAsNonRoot: true, the kubelet does not start a container as root. Each container needs this setting,
#   including init and ephemeral containers. It can come from the securityContext of the pod or of the container. The
#   value of the container overrides the value of the pod.
# custom:
#   id: workloads.run_as_non_root
#   profile: restricted
#   subjects: pods
#   severity: high
#   fix: "set securityContext.runAsNonRoot: true for the pod"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
package rules.pod_security.run_as_non_root

import data.lib.finding
import data.lib.pods

deny contains found if {
	some pod in pods.templates
	not pods.has_user_namespace(pod)
	not pods.setting(pod.spec, "runAsNonRoot") in {null, true}
	found := finding.about_pod(pod, object.union(_level(pod.spec, pod.spec), {
		"msg": "the pod may run as root: runAsNonRoot is not true",
		"fix": "securityContext: {runAsNonRoot: true}",
		"path": "/securityContext/runAsNonRoot",
		"set": true,
	}))
}

deny contains found if {
	some container in pods.containers
	not pods.has_user_namespace(container.pod)
	found := finding.about_container(container, object.union(_level(container.content, container.pod.spec), {
		"msg": sprintf("may run as root: %s", [_fault(container)]),
		"fix": "securityContext: {runAsNonRoot: true}",
		"path": "/securityContext/runAsNonRoot",
		"set": true,
	}))
}

# With another user by number, nothing runs as root. The setting then only proves it.
_level(holder, spec) := {"general": "warn"} if {
	users := [user | some one in [holder, spec]; user := pods.setting(one, "runAsUser"); user != null]
	users[0] > 0
} else := {}

_fault(container) := "runAsNonRoot is not true" if {
	not pods.setting(container.content, "runAsNonRoot") in {null, true}
}

_fault(container) := "neither the container nor its pod sets runAsNonRoot" if {
	pods.setting(container.content, "runAsNonRoot") == null
	pods.setting(container.pod.spec, "runAsNonRoot") == null
}
