# METADATA
# title: The proc filesystem stays masked in user namespaces
# description: |
#   `baseline` allows a pod in its own user namespace to unmask /proc, because its root user has no rights on the node.
#   `restricted` does not allow it.
# custom:
#   id: workloads.proc_mount_in_user_namespace
#   profile: restricted
#   general: warn
#   subjects: containers
#   severity: medium
#   fix: "remove securityContext.procMount from the container"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
package rules.pod_security.proc_mount_in_user_namespace

import data.lib.finding
import data.lib.pods

deny contains found if {
	some container in pods.containers
	pods.has_user_namespace(container.pod)
	mount := pods.setting(container.content, "procMount")
	not mount in {"Default", null}
	found := finding.about_container(container, {
		"msg": sprintf("mounts /proc as %v", [mount]),
		"fix": "remove procMount",
		"path": "/securityContext/procMount",
	})
}
