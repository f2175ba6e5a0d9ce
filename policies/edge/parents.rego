# METADATA
# title: Routes attach to listeners that exist and take their hosts
# description: |
#   A route whose Gateway or listener is absent, or whose host no listener takes, is served by nobody. Where the
#   target keeps no Gateway in that namespace it is shared with others, which is a warning unless the table `cluster`
#   lists it.
# custom:
#   id: edge.parents
#   profile: general
#   subjects:
#     - gateway.networking.k8s.io/GRPCRoute
#     - gateway.networking.k8s.io/HTTPRoute
#     - gateway.networking.k8s.io/TCPRoute
#     - gateway.networking.k8s.io/TLSRoute
#     - gateway.networking.k8s.io/UDPRoute
#   severity: high
#   fix: "write the name of a Gateway and of one of its listeners that takes the host, in parentRefs"
#   docs: https://gateway-api.sigs.k8s.io/api-types/httproute/
package rules.edge.parents

import data.lib.edge
import data.lib.finding
import data.lib.references
import data.lib.values

_gateway := "gateway.networking.k8s.io/Gateway"

deny contains found if some found in _missing.deny

deny contains found if {
	some parent in edge.parents
	references.exists(_gateway, parent.namespace, parent.name)
	count(parent.listeners) == 0
	found := finding.about(parent.route, {
		"msg": sprintf("attaches to listener %v of Gateway %s, which has no such listener", [parent.section, parent.name]),
		"fix": "name a listener of the Gateway in sectionName",
		"path": concat("", [parent.path, "/sectionName"]),
	})
}

deny contains found if {
	some route in edge.routes
	listeners := [listener | some parent in edge.parents; parent.route == route; some listener in parent.listeners]
	count(listeners) > 0
	some index, host in values.list(values.at(route.content, ["spec", "hostnames"]))
	not _is_taken(host, listeners)
	found := finding.about(route, {
		"msg": sprintf("has host %s, which no listener of its Gateway takes", [host]),
		"fix": "add a listener for the host, or attach to the listener that takes it",
		"path": sprintf("/spec/hostnames/%d", [index]),
	})
}

warn contains found if some found in _missing.warn

_missing[level] contains found if {
	some parent in edge.parents
	level := references.level(_gateway, parent.namespace, parent.name)
	found := finding.about(parent.route, {
		"msg": sprintf("attaches to Gateway %s, which the target does not hold", [parent.name]),
		"fix": sprintf("add Gateway %s to namespace %s, or mend the name", [parent.name, parent.namespace]),
		"path": concat("", [parent.path, "/name"]),
	})
}

# Either of the two may be a pattern.
_is_taken(host, listeners) if {
	some listener in listeners
	edge.fits(host, object.get(listener, "hostname", host))
}

_is_taken(host, listeners) if {
	some listener in listeners
	edge.fits(object.get(listener, "hostname", host), host)
}
