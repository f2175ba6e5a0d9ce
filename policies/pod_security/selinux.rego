# METADATA
# title: SELinux types are those for containers
# description: |
#   Another SELinux type, or a custom user or role, can remove the restrictions for containers. Only the types for
#   containers are allowed.
# custom:
#   id: workloads.selinux
#   profile: baseline
#   general: warn
#   subjects: pods
#   severity: medium
#   fix: "remove seLinuxOptions"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.pod_security.selinux

import data.lib.finding
import data.lib.pod_security_standard
import data.lib.pods
import data.lib.values

_allowed := {
	"role": {"", null},
	"type": {"", "container_init_t", "container_kvm_t", "container_t", null} | _engine,
	"user": {"", null},
}

_engine contains "container_engine_t" if pod_security_standard.since(31)

deny contains found if {
	some context in pods.contexts
	some option, allowed in _allowed
	value := values.at(context.settings, ["seLinuxOptions", option])
	not value in allowed
	found := finding.about_holder(context.holder, {
		"msg": sprintf("sets the SELinux %s %v", [option, value]),
		"fix": sprintf("remove seLinuxOptions.%s", [option]),
		"path": sprintf("/securityContext/seLinuxOptions/%s", [option]),
	})
}
