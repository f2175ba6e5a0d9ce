# METADATA
# title: The ports of a Service lead to declared container ports
# description: |
#   If no container declares a named targetPort with the same protocol, the Service has no endpoint for that port. A
#   number that no container declares may be a typing error, or a port that is open but not declared. Then the rule
#   warns, and denies in namespaces for which the table `strict` lists `conventions`.
# custom:
#   id: services.target_port
#   profile: general
#   subjects: Service
#   severity: high
#   fix: "set targetPort to a declared port, or declare the port in the container"
#   docs: https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports
package rules.services.target_port

import data.lib.finding
import data.lib.services
import data.lib.strictness
import data.lib.workloads

deny contains found if some found in _unresolved.name

deny contains found if some found in strictness.denied("conventions", _unresolved.number)

warn contains found if some found in strictness.warned("conventions", _unresolved.number)

_unresolved[_said_by(target)] contains found if {
	some service in services.selecting
	some index, port in service.ports
	target := object.get(port, "targetPort", port.port)
	protocol := object.get(port, "protocol", "TCP")
	some pod in service.pods
	declared := workloads.ports(pod)
	not _is_declared(declared, target, protocol)
	found := finding.about(service.resource, {
		"msg": sprintf("port %v leads to targetPort %v with protocol %s, which no container of %s %s declares", [
			port.port,
			target,
			protocol,
			pod.resource.kind,
			pod.resource.name,
		]),
		"fix": _fix(declared),
		"path": sprintf("/spec/ports/%d/targetPort", [index]),
	})
}

_is_declared(declared, target, protocol) if {
	some port in declared
	port.protocol == protocol
	target in {port.name, port.number}
}

_said_by(target) := "name" if is_string(target)

_said_by(target) := "number" if is_number(target)

_fix(declared) := "declare the port in the container" if count(declared) == 0

_fix(declared) := sprintf("use one of the declared ports: %s", [_written(declared)]) if count(declared) > 0

_written(declared) := concat(", ", [text |
	some port in declared
	text := trim_space(sprintf("%s %v/%s", [port.name, port.number, port.protocol]))
])
