# METADATA
# title: Containers add only default capabilities
# description: |
#   Some Linux capabilities, such as SYS_ADMIN or NET_RAW, give access beyond the container. A container may add only
#   capabilities that container runtimes grant by default.
# custom:
#   id: workloads.added_capabilities
#   profile: baseline
#   subjects: containers
#   severity: high
#   fix: "remove the capability from the container's securityContext.capabilities.add"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.pod_security.added_capabilities

import data.lib.finding
import data.lib.pod_security_standard
import data.lib.pods
import data.lib.values

deny contains found if {
	some container in pods.containers
	some capability in values.list(values.at(container.content, ["securityContext", "capabilities", "add"]))
	not capability in pod_security_standard.capabilities
	found := finding.about_container(container, {
		"msg": sprintf("adds the capability %v", [capability]),
		"fix": sprintf("remove %v from securityContext.capabilities.add", [capability]),
		"path": "/securityContext/capabilities/add",
	})
}
