# METADATA
# title: Pods set only safe sysctls
# description: |
#   Most sysctls affect the whole node. Safe sysctls affect only the namespaces of the pod. Newer Kubernetes versions
#   add to the list of safe sysctls.
# custom:
#   id: workloads.sysctls
#   profile: baseline
#   general: warn
#   subjects: pods
#   severity: medium
#   fix: "remove the sysctl from the pod's securityContext"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.pod_security.sysctls

import data.lib.finding
import data.lib.pod_security_standard
import data.lib.pods
import data.lib.values

# The sysctls that are safe in every Kubernetes version.
_always_safe := {
	"kernel.shm_rmid_forced",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.ping_group_range",
	"net.ipv4.tcp_syncookies",
}

# The sysctls that became safe in a later version, by minor version.
_safe_since := {
	"net.ipv4.ip_local_reserved_ports": 27,
	"net.ipv4.tcp_fin_timeout": 29,
	"net.ipv4.tcp_keepalive_intvl": 29,
	"net.ipv4.tcp_keepalive_probes": 29,
	"net.ipv4.tcp_keepalive_time": 29,
	"net.ipv4.tcp_notsent_lowat": 37,
	"net.ipv4.tcp_rmem": 32,
	"net.ipv4.tcp_slow_start_after_idle": 37,
	"net.ipv4.tcp_wmem": 32,
}

_safe contains name if some name in _always_safe

_safe contains name if {
	some name, first in _safe_since
	pod_security_standard.since(first)
}

deny contains found if {
	some pod in pods.templates
	some index, sysctl in values.list(pods.setting(pod.spec, "sysctls"))
	name := values.at(sysctl, ["name"])
	not name in _safe
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod sets the unsafe sysctl %v", [name]),
		"fix": "remove it from securityContext.sysctls of the pod",
		"path": sprintf("/securityContext/sysctls/%d", [index]),
	})
}
