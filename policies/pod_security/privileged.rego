# METADATA
# title: Containers are not privileged
# description: A privileged container has full access to its node.
# custom:
#   id: workloads.privileged
#   profile: baseline
#   subjects: containers
#   severity: high
#   fix: "remove securityContext.privileged from the container"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.pod_security.privileged

import data.lib.finding
import data.lib.pods

deny contains found if {
	some container in pods.containers
	not pods.setting(container.content, "privileged") in {null, false}
	found := finding.about_container(container, {
		"msg": "is privileged",
		"fix": "securityContext: {privileged: false}",
		"path": "/securityContext/privileged",
		"set": false,
	})
}
