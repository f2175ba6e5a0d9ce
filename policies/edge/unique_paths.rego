# METADATA
# title: Each host and path has one route
# description: |
#   If two Ingresses, or two routes of a Gateway, have the same host and path, the controller and the creation time
#   decide which one gets the requests.
# custom:
#   id: edge.unique_paths
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
#   fix: "remove one of them, or change its host or path"
#   docs: https://kubernetes.io/docs/concepts/services-networking/ingress/
package rules.edge.unique_paths

import data.lib.edge
import data.lib.finding
import data.lib.values

deny contains found if {
	some key, places in _places
	count(places) > 1
	some place in places
	others := _others(place, places)
	count(others) > 0
	found := finding.about(place.resource, {
		"msg": sprintf("serves %s, which is also served by %s", [key, concat(", ", sort(others))]),
		"fix": "change the host or path of one of them",
		"path": place.pointer,
	})
}

_places[key] contains {"resource": place.ingress, "pointer": place.pointer} if {
	some place in edge.paths
	not _is_canary(place.ingress)
	class := object.get(place.ingress.content, ["spec", "ingressClassName"], "")
	path := object.get(place.content, "path", "/")
	key := trim_space(sprintf("%s%s (%v) %s", [place.host, path, place.content.pathType, class]))
}

_places[key] contains {"resource": parent.route, "pointer": pointer} if {
	some parent in edge.parents
	some index, rule in values.list(values.at(parent.route.content, ["spec", "rules"]))
	some position, match in values.list(object.get(rule, "matches", [{}]))
	some host in object.get(parent.route.content, ["spec", "hostnames"], ["*"])
	gateway := concat("/", [parent.name, values.text(parent.section)])
	key := sprintf("%s %s of Gateway %s", [host, json.marshal(match), gateway])
	pointer := sprintf("/spec/rules/%d/matches/%d", [index, position])
}

# A canary Ingress takes part of the requests of another Ingress.
_is_canary(ingress) if {
	some key, value in values.map(values.at(ingress.content, ["metadata", "annotations"]))
	endswith(key, "/canary")
	value == "true"
}

# A route that is rendered twice, or matches the same twice, has no conflict with itself: its first rule counts.
_others(place, places) := [sprintf("%s %s", [other.resource.kind, other.resource.name]) |
	some other in places
	other != place
	_is_another(place, other)
]

_is_another(place, other) if _who(place.resource) != _who(other.resource)

_is_another(place, other) if {
	place.resource.kind == "Ingress"
	place.pointer != other.pointer
}

_who(resource) := [resource.kind, resource.namespace, resource.name]
