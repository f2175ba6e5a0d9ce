# METADATA
# title: Containers drop all capabilities
# description: |
#   A container runtime grants about fourteen Linux capabilities by default. Each container must drop ALL of them. It
#   may add back only NET_BIND_SERVICE.
# custom:
#   id: workloads.capabilities
#   profile: restricted
#   general: warn
#   subjects: containers
#   severity: medium
#   fix: "set securityContext.capabilities.drop: [ALL] for the container, and add at most NET_BIND_SERVICE"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
package rules.pod_security.capabilities

import data.lib.finding
import data.lib.pod_security_standard
import data.lib.pods
import data.lib.values

_allowed := {"NET_BIND_SERVICE"}

deny contains found if {
	some container in pods.containers
	not pods.is_windows(container.pod)
	not "ALL" in _capabilities(container, "drop")
	found := finding.about_container(container, {
		"msg": "does not drop all capabilities",
		"fix": "securityContext: {capabilities: {drop: [ALL]}}",
		"path": "/securityContext/capabilities/drop",
		"set": ["ALL"],
	})
}

deny contains found if {
	some container in pods.containers
	not pods.is_windows(container.pod)
	some capability in _capabilities(container, "add")

	# workloads.added_capabilities denies the capabilities that are not among the defaults.
	capability in pod_security_standard.capabilities
	not capability in _allowed
	found := finding.about_container(container, {
		"msg": sprintf("adds the capability %v", [capability]),
		"fix": sprintf("remove %v from securityContext.capabilities.add", [capability]),
		"path": "/securityContext/capabilities/add",
	})
}

_capabilities(container, list) := values.list(values.at(container.content, ["securityContext", "capabilities", list]))
