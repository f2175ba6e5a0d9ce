# METADATA
# title: Host names in settings are Services that exist
# description: |
#   A variable such as CART_URL=http://cart:8080 contains the host name of a Service. If the Service or its port
#   changes, requests fail without warning. The rule checks values that are an address, or a host in a key that ends
#   with HOST. It checks host names of one word or ending with .svc. It ignores namespaces in which no Service is
#   rendered. If an operator may create the Service, the rule only warns.
# custom:
#   id: references.host
#   profile: general
#   general: warn
#   subjects: [containers, ConfigMap]
#   severity: high
#   fix: "use the name of a rendered Service and one of its ports"
#   docs: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
package rules.references.host

import data.lib.documents
import data.lib.literals
import data.lib.pods
import data.lib.references
import data.lib.values
import data.lib.workloads

deny contains found if some found in _wrong.deny

warn contains found if some found in _wrong.warn

_wrong[level] contains found if {
	some use in _uses
	references.keeps("/Service", use.namespace)
	not [use.namespace, use.name] in _named
	not use.name in _aliases
	level := workloads.level(use.namespace)
	place := references.namespace("in", use.namespace)
	found := literals.about(use.literal, {
		"msg": sprintf("which refers to Service %s, which is not rendered%s", [use.name, place]),
		"fix": "use the name of a rendered Service, or add the Service",
	})
}

_wrong.deny contains found if {
	some use in _uses
	[use.namespace, use.name] in _named
	ports := _ports[[use.namespace, use.name]]
	port := _port(use)
	not port in ports
	found := literals.about(use.literal, {
		"msg": sprintf("which refers to port %d of Service %s, which has %s", [port, use.name, _written(ports)]),
		"fix": sprintf("use one of its ports: %s", [_written(ports)]),
	})
}

# The schemes whose addresses contain a host. s3://backups, for example, does not.
_address := concat("", [
	`^(https?|wss?|grpc|tcp|amqps?|rediss?|mysql|postgres|postgresql|mongodb|nats|ldaps?|jdbc:[a-z]+)://`,
	`(?:[^@/\s]*@)?`,
	_host,
	`(?::([0-9]+))?(?:[/?][^\s]*)?$`,
])

_host := `([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)(?:\.([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)\.svc(?:\.cluster\.local)?)?`

_uses := [use |
	some literal in array.concat(literals.variables, literals.settings)
	[scheme, name, namespace, port] := _parts(literal)
	not name in {"localhost", "kubernetes"}
	use := {
		"literal": literal,
		"name": name,
		"namespace": _or(namespace, _home(literal.holder)),
		"port": port,
		"scheme": scheme,
	}
]

_parts(literal) := array.slice(found, 1, 5) if {
	[found] := regex.find_all_string_submatch_n(_address, literal.text, -1)
}

_parts(literal) := ["", found[1], found[2], ""] if {
	regex.match(`(?i)(^|_)host$`, literal.name)
	[found] := regex.find_all_string_submatch_n(concat("", ["^", _host, "$"]), literal.text, -1)
	regex.match(`[a-z]`, found[1])
}

_home(holder) := holder.pod.resource.namespace

_home(holder) := holder.namespace if not holder.pod

_or("", other) := other

_or(text, _) := text if text != ""

_port(use) := to_number(use.port) if use.port != ""

_port(use) := {"http": 80, "https": 443, "ws": 80, "wss": 443}[use.scheme] if use.port == ""

_named contains [service.namespace, service.name] if some service in documents.of("", "Service")

# The ports of each Service. None where the Service forwards any port of its pods, or is an alias of another name. A
# Service that is rendered twice has the ports of both.
_ports[[service.namespace, service.name]] contains port.port if {
	some service in documents.of("", "Service")
	spec := values.map(values.at(service.content, ["spec"]))
	values.at(spec, ["clusterIP"]) != "None"
	values.at(spec, ["type"]) != "ExternalName"
	some port in values.list(values.at(spec, ["ports"]))
}

# Host names that pods define themselves.
_aliases contains name if {
	some pod in pods.templates
	some alias in values.list(values.at(pod.spec, ["hostAliases"]))
	some name in values.list(values.at(alias, ["hostnames"]))
}

_written(ports) := concat(", ", [sprintf("%v", [port]) | some port in ports])
