# METADATA
# title: Windows containers are not host processes
# description: |
#   A HostProcess container has the rights of a process that runs directly on the Windows node.
# custom:
#   id: workloads.host_process
#   profile: baseline
#   subjects: pods
#   severity: high
#   fix: "remove securityContext.windowsOptions.hostProcess"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.pod_security.host_process

import data.lib.finding
import data.lib.pods
import data.lib.values

deny contains found if {
	some context in pods.contexts
	not values.at(context.settings, ["windowsOptions", "hostProcess"]) in {false, null}
	found := finding.about_holder(context.holder, {
		"msg": "runs as a host process of the Windows node",
		"fix": "remove windowsOptions.hostProcess",
		"path": "/securityContext/windowsOptions/hostProcess",
	})
}
