# METADATA
# title: Edge
# description: How requests arrive through an Ingress or the routes of the Gateway API, and to which Services they go.
package lib.edge

import data.lib.documents
import data.lib.values

_gateways := "gateway.networking.k8s.io"

ingresses := documents.of("networking.k8s.io", "Ingress")

routes := [route |
	some kind in ["GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute"]
	some route in documents.of(_gateways, kind)
]

# Every Service that receives requests: the sender, the namespace, name and port of the Service, and the path of the
# reference.
backends := array.flatten([_defaults, _paths, _references])

_defaults := [_backend(ingress, service, "/spec/defaultBackend") |
	some ingress in ingresses
	service := values.at(ingress.content, ["spec", "defaultBackend", "service"])
]

_paths := [_backend(place.ingress, service, concat("", [place.pointer, "/backend"])) |
	some place in paths
	service := values.at(place.content, ["backend", "service"])
]

_backend(ingress, service, pointer) := {
	"name": values.text(values.at(service, ["name"])),
	"namespace": ingress.namespace,
	"path": concat("", [pointer, "/service"]),
	"port": object.get(service, ["port", "name"], values.at(service, ["port", "number"])),
	"resource": ingress,
}

_references := [backend |
	some route in routes
	some index, rule in values.list(values.at(route.content, ["spec", "rules"]))
	some position, reference in values.list(values.at(rule, ["backendRefs"]))
	object.get(reference, "kind", "Service") == "Service"
	backend := {
		"name": values.text(reference.name),
		"namespace": object.get(reference, "namespace", route.namespace),
		"path": sprintf("/spec/rules/%d/backendRefs/%d", [index, position]),
		"port": values.at(reference, ["port"]),
		"resource": route,
	}
]

# Every path of an Ingress with its host. Without a host, the path is for any host.
paths := [place |
	some ingress in ingresses
	some index, rule in values.list(values.at(ingress.content, ["spec", "rules"]))
	some position, content in values.list(values.at(rule, ["http", "paths"]))
	place := {
		"content": content,
		"host": object.get(rule, "host", "*"),
		"ingress": ingress,
		"pointer": sprintf("/spec/rules/%d/http/paths/%d", [index, position]),
	}
]

# Every Gateway that a route has as its parent, and the listeners to which the route attaches. Null if the Gateway is
# not rendered.
parents := [parent |
	some route in routes
	some index, reference in values.list(values.at(route.content, ["spec", "parentRefs"]))
	object.get(reference, "kind", "Gateway") == "Gateway"
	namespace := object.get(reference, "namespace", route.namespace)
	parent := {
		"listeners": _attached(_listeners(namespace, reference.name), reference),
		"name": reference.name,
		"namespace": namespace,
		"path": sprintf("/spec/parentRefs/%d", [index]),
		"route": route,
		"section": values.at(reference, ["sectionName"]),
	}
]

_listeners(namespace, name) := [listener |
	some gateway in documents.of(_gateways, "Gateway")
	gateway.namespace == namespace
	gateway.name == name
	some listener in values.list(values.at(gateway.content, ["spec", "listeners"]))
]

_attached(listeners, reference) := [listener |
	some listener in listeners
	object.get(reference, "sectionName", listener.name) == listener.name
	object.get(reference, "port", listener.port) == listener.port
]

# Whether a host matches a pattern. The first label of a pattern may be a star for one or more labels.
fits(host, pattern) if host == pattern

fits(host, pattern) if {
	startswith(pattern, "*.")
	endswith(host, trim_prefix(pattern, "*"))
}
