# METADATA
# title: Requests are sent to Services and ports that exist
# description: |
#   An Ingress or a route whose Service or port is absent answers every request with an error, and its controller says
#   so in a log that nobody reads. Where the target keeps no Service in that namespace it may come from elsewhere,
#   which is a warning.
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
#   fix: "write the name of a Service of the target and one of its ports"
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
		"msg": sprintf("sends requests to port %v of Service %s, which has no such port", [backend.port, backend.name]),
		"fix": sprintf("name one of its ports: %s", [_written(ports)]),
		"path": concat("", [backend.path, "/port"]),
	})
}

warn contains found if some found in _missing.warn

_missing[level] contains found if {
	some backend in edge.backends
	level := references.level("/Service", backend.namespace, backend.name)
	found := finding.about(backend.resource, {
		"msg": sprintf("sends requests to Service %s, which the target does not hold", [backend.name]),
		"fix": sprintf("add Service %s to namespace %s, or mend the name", [backend.name, backend.namespace]),
		"path": concat("", [backend.path, "/name"]),
	})
}

_has(ports, wanted) if {
	some port in ports
	wanted in {port.port, object.get(port, "name", port.port)}
}

_written(ports) := concat(", ", [trim_space(sprintf("%s %v", [object.get(port, "name", ""), port.port])) |
	some port in ports
])
