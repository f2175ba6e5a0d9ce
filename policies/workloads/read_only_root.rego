# METADATA
# title: Root filesystems are read-only
# description: |
#   An attacker cannot replace files on a read-only filesystem. A container should write only to its volumes.
# custom:
#   id: workloads.read_only_root
#   profile: general
#   general: warn
#   subjects: containers
#   severity: medium
#   fix: "set securityContext.readOnlyRootFilesystem: true and mount an emptyDir where the program writes"
#   docs: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
package rules.workloads.read_only_root

import data.lib.finding
import data.lib.pods

deny contains found if {
	some container in pods.containers
	not pods.is_windows(container.pod)
	pods.setting(container.content, "readOnlyRootFilesystem") != true
	found := finding.about_container(container, {
		"msg": "can write to its root filesystem",
		"fix": "securityContext: {readOnlyRootFilesystem: true}, with an emptyDir where the program writes",
		"path": "/securityContext/readOnlyRootFilesystem",
	})
}
