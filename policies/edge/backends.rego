# METADATA
# title: Routes lead to Services and ports that exist
# description: |
#   If the Service or port of an Ingress or route does not exist, every request fails, and only the log of the
#   controller shows the reason. If no Service is rendered in that namespace, it may exist elsewhere. Then the rule only
#   warns.
# custom:
#   id: edge.backends
#   profile: general
#   subjects:
#     - networking.k8s.io/Ingress
#     - gateway.networking.k8s.io/GRPCRoute
#     - gateway.networking.k8s.io/HTTPRoute
#     - gateway.networking.k8s.io/TCPRoute
#     - gateway.networking.k8s.io/TLSRoute
#     - gateway.networking.k8s.io/UDPRoute
#   severity: high
#   fix: "use the name of a rendered Service and one of its ports"
#   docs: https://kubernetes.io/docs/concepts/services-networking/ingress/
package rules.edge.backends

import data.lib.documents
import data.lib.edge
import data.lib.finding
import data.lib.references
import data.lib.values

deny contains found if some found in _missing.deny

deny contains found if {
	some backend in edge.backends
	some service in documents.of("", "Service")
	service.name == backend.name
	service.namespace == backend.namespace
	ports := values.list(values.at(service.content, ["spec", "ports"]))
	not _has(ports, backend.port)
	found := finding.about(backend.resource, {
		"msg": sprintf("sends requests to the undefined port %v of Service %s", [backend.port, backend.name]),
		"fix": _fix(ports),
		"path": concat("", [backend.path, "/port"]),
	})
}

warn contains found if some found in _missing.warn

_missing[level] contains found if {
	some backend in edge.backends
	level := references.level("/Service", backend.namespace, backend.name)
	place := references.namespace("to", backend.namespace)
	found := finding.about(backend.resource, {
		"msg": sprintf("sends requests to Service %s, which is not rendered", [backend.name]),
		"fix": sprintf("add Service %s%s, or correct the name", [backend.name, place]),
		"path": concat("", [backend.path, "/name"]),
	})
}

_has(ports, wanted) if {
	some port in ports
	wanted in {port.port, object.get(port, "name", port.port)}
}

_fix(ports) := "add the port to the Service" if count(ports) == 0

_fix(ports) := sprintf("use one of its ports: %s", [_written(ports)]) if count(ports) > 0

_written(ports) := concat(", ", [trim_space(sprintf("%s %v", [object.get(port, "name", ""), port.port])) |
	some port in ports
])
