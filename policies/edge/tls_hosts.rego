# METADATA
# title: All hosts have TLS, and TLS has no other hosts
# description: |
#   A host that is missing from spec.tls is served without encryption or with the default certificate of the controller.
#   A certificate for an unused host may expire unnoticed. If an Ingress has no TLS at all, or a route forwards requests
#   without TLS, TLS may end before it. Then the rule warns, and denies in namespaces for which the table `strict` lists
#   `conventions`.
# custom:
#   id: edge.tls_hosts
#   profile: general
#   general: warn
#   subjects:
#     - networking.k8s.io/Ingress
#     - gateway.networking.k8s.io/GRPCRoute
#     - gateway.networking.k8s.io/HTTPRoute
#     - gateway.networking.k8s.io/TCPRoute
#     - gateway.networking.k8s.io/TLSRoute
#     - gateway.networking.k8s.io/UDPRoute
#   severity: high
#   fix: "list exactly the hosts of the rules in spec.tls, or attach the route to a listener with TLS"
#   docs: https://kubernetes.io/docs/concepts/services-networking/ingress/#tls
package rules.edge.tls_hosts

import data.lib.edge
import data.lib.finding
import data.lib.strictness
import data.lib.values

deny contains found if some found in _plain["in part"]

deny contains found if some found in strictness.denied("conventions", _plain["at all"])

deny contains found if {
	some ingress in edge.ingresses
	some index, entry in _tls(ingress)
	some position, host in values.list(values.at(entry, ["hosts"]))
	not _is_served(host, _served(ingress))
	found := finding.about(ingress, {
		"msg": sprintf("has TLS for host %s, which no rule serves", [host]),
		"fix": sprintf("serve host %s, or remove it from spec.tls", [host]),
		"path": sprintf("/spec/tls/%d/hosts/%d", [index, position]),
	})
}

warn contains found if some found in strictness.warned("conventions", _plain["at all"])

_plain[where] contains found if {
	some ingress in edge.ingresses
	some host in _served(ingress)
	not _is_covered(host, _tls(ingress))
	where := ["at all", "in part"][min([1, count(_tls(ingress))])]
	found := finding.about(ingress, {
		"msg": sprintf("serves host %s without TLS", [host]),
		"fix": sprintf("tls: [{hosts: [%s], secretName: …}]", [host]),
		"path": "/spec/tls",
	})
}

_plain["at all"] contains found if {
	some parent in edge.parents
	some rule in values.list(values.at(parent.route.content, ["spec", "rules"]))
	count(values.list(values.at(rule, ["backendRefs"]))) > 0
	some listener in parent.listeners
	listener.protocol == "HTTP"
	found := finding.about(parent.route, {
		"msg": sprintf("forwards requests without TLS, through listener %s of Gateway %s", [listener.name, parent.name]),
		"fix": "attach to a listener with TLS, and redirect from the other",
		"path": parent.path,
	})
}

_served(ingress) := {object.get(rule, "host", "*") |
	some rule in values.list(values.at(ingress.content, ["spec", "rules"]))
}

_tls(ingress) := values.list(values.at(ingress.content, ["spec", "tls"]))

# An entry without hosts applies to all hosts.
_is_covered(_, entries) if {
	some entry in entries
	count(values.list(values.at(entry, ["hosts"]))) == 0
}

_is_covered(host, entries) if {
	some entry in entries
	some pattern in values.list(values.at(entry, ["hosts"]))
	edge.fits(host, pattern)
}

_is_served(pattern, hosts) if {
	some host in hosts
	edge.fits(host, pattern)
}

_is_served(_, hosts) if "*" in hosts
