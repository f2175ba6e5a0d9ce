# METADATA
# title: Routes attach to listeners that exist and accept their hosts
# description: |
#   If the Gateway or listener of a route does not exist, or no listener accepts its host, the route serves nothing. If
#   no Gateway is rendered in that namespace, it may be a shared one. Then the rule only warns, unless the table
#   `cluster` lists the Gateway.
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
#   fix: "set parentRefs to a Gateway and one of its listeners that accepts the host"
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
		"msg": sprintf("attaches to the undefined listener %v of Gateway %s", [parent.section, parent.name]),
		"fix": "set sectionName to a listener of the Gateway",
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
		"msg": sprintf("has host %s, which no listener of its Gateway accepts", [host]),
		"fix": "add a listener for the host, or attach to the listener that accepts it",
		"path": sprintf("/spec/hostnames/%d", [index]),
	})
}

warn contains found if some found in _missing.warn

_missing[level] contains found if {
	some parent in edge.parents
	level := references.level(_gateway, parent.namespace, parent.name)
	place := references.namespace("to", parent.namespace)
	found := finding.about(parent.route, {
		"msg": sprintf("attaches to Gateway %s, which is not rendered", [parent.name]),
		"fix": sprintf("add Gateway %s%s, or correct the name", [parent.name, place]),
		"path": concat("", [parent.path, "/name"]),
	})
}

# Both hosts may be patterns.
_is_taken(host, listeners) if {
	some listener in listeners
	edge.fits(host, object.get(listener, "hostname", host))
}

_is_taken(host, listeners) if {
	some listener in listeners
	edge.fits(object.get(listener, "hostname", host), host)
}
