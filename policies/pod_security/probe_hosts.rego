# METADATA
# title: Probes and hooks ask their own pod
# description: |
#   With `host` the kubelet sends the request wherever the manifest says, from the node and past every NetworkPolicy.
#   Without it, it asks the pod.
# custom:
#   id: workloads.probe_hosts
#   profile: baseline
#   subjects: containers
#   severity: medium
#   fix: "remove host from httpGet and tcpSocket of probes and lifecycle hooks"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.pod_security.probe_hosts

import data.lib.finding
import data.lib.pod_security_standard
import data.lib.pods
import data.lib.values

_askers := [
	["livenessProbe"],
	["readinessProbe"],
	["startupProbe"],
	["lifecycle", "postStart"],
	["lifecycle", "preStop"],
]

# The standards forbid it from Kubernetes 1.34 on.
deny contains found if {
	pod_security_standard.since(34)
	some container in pods.containers
	some asker in _askers
	some handler in ["httpGet", "tcpSocket"]
	path := array.concat(asker, [handler, "host"])
	host := values.at(container.content, path)
	not host in {"", null}
	found := finding.about_container(container, {
		"msg": sprintf("asks the host %v by its %s", [host, asker[count(asker) - 1]]),
		"fix": sprintf("remove %s", [concat(".", path)]),
		"path": sprintf("/%s", [concat("/", path)]),
		"remove": true,
	})
}
