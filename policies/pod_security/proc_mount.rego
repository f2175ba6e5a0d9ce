# METADATA
# title: The proc filesystem stays masked
# description: |
#   The container runtime hides parts of /proc that reveal or change the state of the node. procMount: Unmasked exposes
#   them. From Kubernetes 1.35, a pod in its own user namespace may use it, because its root user has no rights on the
#   node.
# custom:
#   id: workloads.proc_mount
#   profile: baseline
#   subjects: containers
#   severity: high
#   fix: "remove securityContext.procMount from the container"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.pod_security.proc_mount

import data.lib.finding
import data.lib.pods

deny contains found if {
	some container in pods.containers
	not pods.has_user_namespace(container.pod)
	mount := pods.setting(container.content, "procMount")
	not mount in {"Default", null}
	found := finding.about_container(container, {
		"msg": sprintf("mounts /proc as %v", [mount]),
		"fix": "remove procMount",
		"path": "/securityContext/procMount",
		"remove": true,
	})
}
