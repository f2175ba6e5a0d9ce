# METADATA
# title: The ports of a Service have unique names
# description: |
#   The API server rejects a Service with several ports if a port has no name, or if two ports have the same name or
#   number.
# custom:
#   id: services.port_names
#   profile: general
#   subjects: Service
#   severity: high
#   fix: "give each port a unique name and a unique pair of port and protocol"
#   docs: https://kubernetes.io/docs/concepts/services-networking/service/#multi-port-services
package rules.services.port_names

import data.lib.documents
import data.lib.finding
import data.lib.values

deny contains found if {
	some service in documents.of("", "Service")
	ports := values.list(values.at(service.content, ["spec", "ports"]))
	count(ports) > 1
	some fault in _faults(ports)
	found := finding.about(service, {
		"msg": sprintf("has several ports, and %s", [fault]),
		"fix": "give each port a unique name and number",
		"path": "/spec/ports",
	})
}

_faults(ports) := ({sprintf("port %v has no name", [port.port]) |
	some port in ports
	values.text(values.at(port, ["name"])) == ""
} | {sprintf("two have the name %s", [name]) |
	some name in [port.name | some port in ports]
	count([port | some port in ports; port.name == name]) > 1
}) | {sprintf("two have number %v and protocol %s", key) |
	some key in [_key(port) | some port in ports]
	count([port | some port in ports; _key(port) == key]) > 1
}

_key(port) := [port.port, object.get(port, "protocol", "TCP")]
