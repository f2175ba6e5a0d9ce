# METADATA
# title: Containers cannot gain privileges
# description: |
#   Unless allowPrivilegeEscalation is false, a set-user-ID program in the image can become root. The field exists only
#   for containers, not for pods.
# custom:
#   id: workloads.privilege_escalation
#   profile: restricted
#   subjects: containers
#   severity: high
#   fix: "set securityContext.allowPrivilegeEscalation: false for the container"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
package rules.pod_security.privilege_escalation

import data.lib.finding
import data.lib.pods

deny contains found if {
	some container in pods.containers
	not pods.is_windows(container.pod)
	pods.setting(container.content, "allowPrivilegeEscalation") != false
	found := finding.about_container(container, {
		"msg": "can gain privileges: allowPrivilegeEscalation is not false",
		"fix": "securityContext: {allowPrivilegeEscalation: false}",
		"path": "/securityContext/allowPrivilegeEscalation",
		"set": false,
	})
}
