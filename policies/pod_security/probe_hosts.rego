# METADATA
# title: Probes and lifecycle hooks call only their own pod
# description: |
#   With `host`, the kubelet sends the request to that host. The request comes from the node and bypasses every
#   NetworkPolicy. Without `host`, the request goes to the pod.
# custom:
#   id: workloads.probe_hosts
#   profile: baseline
#   general: warn
#   subjects: containers
#   severity: medium
#   fix: "remove host from httpGet and tcpSocket of probes and lifecycle hooks"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.pod_security.probe_hosts

import data.lib.finding
import data.lib.pod_security_standard
import data.lib.pods
import data.lib.values

_callers := [
	["livenessProbe"],
	["readinessProbe"],
	["startupProbe"],
	["lifecycle", "postStart"],
	["lifecycle", "preStop"],
]

# The standards have this check since Kubernetes 1.34.
deny contains found if {
	pod_security_standard.since(34)
	some container in pods.containers
	some caller in _callers
	some handler in ["httpGet", "tcpSocket"]
	path := array.concat(caller, [handler, "host"])
	host := values.at(container.content, path)
	not host in {"", null}
	found := finding.about_container(container, {
		"msg": sprintf("sends a request to host %v in its %s", [host, caller[count(caller) - 1]]),
		"fix": sprintf("remove %s", [concat(".", path)]),
		"path": sprintf("/%s", [concat("/", path)]),
		"remove": true,
	})
}
