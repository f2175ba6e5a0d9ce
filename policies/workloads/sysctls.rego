# METADATA
# title: Pods set only safe kernel parameters
# description: |
#   Most sysctls belong to the whole node. The safe ones concern the pod's own namespaces alone; the list is that of
#   Kubernetes 1.32 and later.
# custom:
#   id: workloads.sysctls
#   profile: baseline
#   subjects: pods
#   severity: medium
#   fix: "remove the sysctl from the pod's securityContext"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.workloads.sysctls

import data.lib.finding
import data.lib.pods
import data.lib.values

_safe := {
	"kernel.shm_rmid_forced",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.ip_local_reserved_ports",
	"net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.ping_group_range",
	"net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_keepalive_intvl",
	"net.ipv4.tcp_keepalive_probes",
	"net.ipv4.tcp_keepalive_time",
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_syncookies",
	"net.ipv4.tcp_wmem",
}

deny contains found if {
	some pod in pods.templates
	some index, sysctl in values.list(pods.setting(pod.spec, "sysctls"))
	name := values.at(sysctl, ["name"])
	not name in _safe
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod sets the kernel parameter %v", [name]),
		"fix": "remove it from the pod's securityContext.sysctls",
		"path": sprintf("/securityContext/sysctls/%d", [index]),
	})
}
