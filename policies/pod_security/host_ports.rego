# METADATA
# title: Containers take no port of the node
# description: |
#   A hostPort binds a pod to one place on each node and is reached from outside past Services and their policies.
# custom:
#   id: workloads.host_ports
#   profile: baseline
#   subjects: containers
#   severity: medium
#   fix: "remove hostPort and reach the container through a Service"
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
		"msg": sprintf("takes the node's port %v", [port.hostPort]),
		"fix": "remove hostPort and reach the container through a Service",
		"path": sprintf("/ports/%d/hostPort", [index]),
		"remove": true,
	})
}
