# METADATA
# title: Seccomp stays enabled
# description: |
#   With the profile Unconfined, a container can make every system call. Only RuntimeDefault and Localhost are allowed.
# custom:
#   id: workloads.seccomp_unconfined
#   profile: baseline
#   general: warn
#   subjects: pods
#   severity: high
#   fix: "set seccompProfile.type: RuntimeDefault, or remove seccompProfile"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.pod_security.seccomp_unconfined

import data.lib.finding
import data.lib.pod_security_standard
import data.lib.pods
import data.lib.values

deny contains found if {
	some context in pods.contexts
	profile := values.at(context.settings, ["seccompProfile"])
	profile != null
	type := values.at(profile, ["type"])
	not type in pod_security_standard.seccomp_profiles
	found := finding.about_holder(context.holder, {
		"msg": sprintf("sets the seccomp profile %v", [type]),
		"fix": "securityContext: {seccompProfile: {type: RuntimeDefault}}",
		"path": "/securityContext/seccompProfile",
	})
}
