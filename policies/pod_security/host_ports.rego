# METADATA
# title: Containers do not use host ports
# description: |
#   A hostPort is reachable from outside and bypasses Services and NetworkPolicies. Only one pod per node can use it.
# custom:
#   id: workloads.host_ports
#   profile: baseline
#   subjects: containers
#   severity: medium
#   fix: "remove hostPort and expose the container through a Service"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.pod_security.host_ports

import data.lib.finding
import data.lib.pods
import data.lib.values

deny contains found if {
	some container in pods.containers
	some index, port in values.list(values.at(container.content, ["ports"]))
	not values.at(port, ["hostPort"]) in {null, 0}
	found := finding.about_container(container, {
		"msg": sprintf("uses host port %v", [port.hostPort]),
		"fix": "remove hostPort and expose the container through a Service",
		"path": sprintf("/ports/%d/hostPort", [index]),
		"remove": true,
	})
}
