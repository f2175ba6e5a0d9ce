# METADATA
# title: Probes and hooks use declared ports
# description: |
#   A probe with an unknown port name always fails, and so does its pod. So does a probe over TCP, HTTP or gRPC at a
#   port name that is declared for UDP or SCTP only. A port number that is not declared for TCP may still be right. In
#   that case the rule warns, and denies in namespaces for which the table `strict` lists `conventions`.
# custom:
#   id: workloads.probe_ports
#   profile: general
#   subjects: containers
#   severity: medium
#   fix: "declare the port in ports, or correct the probe"
#   docs: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
package rules.workloads.probe_ports

import data.lib.finding
import data.lib.pods
import data.lib.strictness
import data.lib.values

deny contains found if {
	some probe in _probes
	is_string(probe.port)
	not probe.port in _declared(probe.container, "name")
	found := _about(probe, _fault(probe, "name"))
}

deny contains found if some found in strictness.denied("conventions", _numbers)

warn contains found if some found in strictness.warned("conventions", _numbers)

_numbers contains found if {
	some probe in _probes
	is_number(probe.port)
	not probe.port in _declared(probe.container, "containerPort")
	found := _about(probe, _fault(probe, "containerPort"))
}

_probes := [probe |
	some container in pods.containers
	some place in _places
	some handler in ["grpc", "httpGet", "tcpSocket"]
	path := array.concat(place, [handler, "port"])
	port := values.at(container.content, path)
	probe := {
		"container": container,
		"kind": place[count(place) - 1],
		"path": concat("/", array.concat([""], path)),
		"port": port,
	}
]

_places := [
	["livenessProbe"],
	["readinessProbe"],
	["startupProbe"],
	["lifecycle", "postStart"],
	["lifecycle", "preStop"],
]

# All handlers with a port connect over TCP.
_declared(container, key) := {values.at(port, [key]) |
	some port in values.list(values.at(container.content, ["ports"]))
	object.get(port, "protocol", "TCP") == "TCP"
}

_fault(probe, key) := sprintf("port %v, which is declared for %s", [probe.port, concat(" and ", sort(protocols))]) if {
	protocols := {port.protocol |
		some port in values.list(values.at(probe.container.content, ["ports"]))
		values.at(port, [key]) == probe.port
	}
	count(protocols) > 0
} else := sprintf("undeclared port %v", [probe.port])

_about(probe, fault) := finding.about_container(probe.container, {
	"msg": sprintf("has a %s with the %s", [probe.kind, fault]),
	"fix": "declare the port in ports, or correct the probe",
	"path": probe.path,
})
