# METADATA
# title: Pods with restricted egress can use DNS
# description: |
#   If egress is denied, a pod cannot look up the name of a Service. A policy must allow egress to the DNS of the
#   cluster, as the table `cluster` describes it, on port 53 with UDP and, for long answers, TCP.
# custom:
#   id: network.dns_egress
#   profile: general
#   general: warn
#   subjects: pods
#   severity: medium
#   fix: "add a NetworkPolicy with podSelector: {} that allows egress to kube-dns on port 53, UDP and TCP"
#   docs: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
package rules.network.dns_egress

import data.lib.finding
import data.lib.network
import data.lib.pods
import data.lib.selectors
import data.lib.values

_port := 53

# The port names that kube-dns uses.
_names := {"dns", "dns-tcp"}

deny contains found if {
	some pod in pods.templates
	_is_isolated(pod)
	some protocol in ["TCP", "UDP"]
	not _can_resolve(pod, protocol)
	found := finding.about(pod.resource, {
		"msg": sprintf("cannot reach DNS with %s", [protocol]),
		"fix": sprintf("allow egress to kube-dns on port 53 with %s", [protocol]),
		"path": "",
	})
}

_is_isolated(pod) if {
	some policy in network.policies_in(pod.resource.namespace)
	network.isolates(policy, "Egress")
	network.selects(policy, pod)
}

_can_resolve(pod, protocol) if {
	some policy in _ways_to_dns(pod.resource.namespace, protocol)
	network.selects(policy, pod)
}

_ways_to_dns(namespace, protocol) := [policy |
	some policy in network.policies_in(namespace)
	network.isolates(policy, "Egress")
	some rule in network.rules(policy, "Egress")
	_reaches_dns(values.list(values.at(rule, ["to"])))
	_opens(values.list(values.at(rule, ["ports"])), protocol)
]

# No peers means all peers.
_reaches_dns(peers) if count(peers) == 0

_reaches_dns(peers) if {
	some peer in peers
	selectors.matches(peer.namespaceSelector, data.cluster.dns.namespace)
	selectors.matches(values.at(peer, ["podSelector"]), data.cluster.dns.pods)
}

# No ports means all ports.
_opens(ports, _) if count(ports) == 0

_opens(ports, protocol) if {
	some port in ports
	object.get(port, "protocol", "TCP") == protocol
	_is_dns(port)
}

_is_dns(port) if not port.port

_is_dns(port) if port.port in _names

_is_dns(port) if {
	port.port <= _port
	object.get(port, "endPort", port.port) >= _port
}
