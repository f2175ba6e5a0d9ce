# METADATA
# title: Monitors select Services or pods and their ports
# description: |
#   A ServiceMonitor or PodMonitor without matching Services, pods or ports scrapes nothing, and alerts on its metrics
#   never fire. If the Services or pods may exist outside of the rendered manifests, the rule only warns. It
#   leaves out monitors of Kubernetes itself.
# custom:
#   id: references.monitor
#   profile: general
#   general: warn
#   subjects: [monitoring.coreos.com/PodMonitor, monitoring.coreos.com/ServiceMonitor]
#   severity: medium
#   fix: "select by the labels of the Service or the pods, and use one of their ports"
#   docs: https://prometheus-operator.dev/docs/developer/getting-started/
package rules.references.monitor

import data.lib.documents
import data.lib.finding
import data.lib.pods
import data.lib.references
import data.lib.selectors
import data.lib.values
import data.lib.workloads

deny contains found if some found in _blind.deny

deny contains found if {
	some monitor in _monitors
	count(monitor.selected) > 0
	some index, port in monitor.ports
	not port in {name | some thing in monitor.selected; some name in thing}
	found := finding.about(monitor.resource, {
		"msg": sprintf("scrapes port %v, which no selected %s has", [port, monitor.of]),
		"fix": "use a port of the selected Services or pods",
		"path": sprintf("/spec/%s/%d/port", [monitor.field, index]),
	})
}

warn contains found if some found in _blind.warn

_blind[level] contains found if {
	some monitor in _monitors
	count(monitor.selected) == 0
	not _is_of_kubernetes(monitor)
	level := _level(monitor)
	found := finding.about(monitor.resource, {
		"msg": sprintf("selects no %s: %s", [monitor.of, json.marshal(monitor.selector)]),
		"fix": sprintf("use the labels of a %s as the selector", [monitor.of]),
		"path": "/spec/selector",
	})
}

# Kubernetes itself, or the operator, has the Services of its DNS, kubelets, scheduler and API server.
_is_of_kubernetes(monitor) if {
	every namespace in monitor.namespaces {
		namespace in pods.system_namespaces
	}
}

_is_of_kubernetes(monitor) if {
	"default" in monitor.namespaces
	object.get(monitor.selector, ["matchLabels", "component"], "") == "apiserver"
}

# A namespace is known if the selector lists it and something is rendered there. Nothing is rendered in `*`.
_level(monitor) := "deny" if {
	every namespace in monitor.namespaces {
		_is_known(monitor.of, namespace)
	}
} else := "warn"

_is_known("Service", namespace) if references.keeps("/Service", namespace)

_is_known("pod", namespace) if workloads.level(namespace) == "deny"

# The ports of the Services or pods that each monitor selects, by name.
_monitors := array.concat(
	[_monitor(resource, "Service", "endpoints", _services(resource)) |
		some resource in documents.of("monitoring.coreos.com", "ServiceMonitor")
	],
	[_monitor(resource, "pod", "podMetricsEndpoints", _pods(resource)) |
		some resource in documents.of("monitoring.coreos.com", "PodMonitor")
	],
)

_monitor(resource, of, field, selected) := {
	"field": field,
	"namespaces": _namespaces(resource),
	"of": of,
	"ports": [endpoint.port | some endpoint in values.list(values.at(resource.content, ["spec", field]))],
	"resource": resource,
	"selected": selected,
	"selector": values.at(resource.content, ["spec", "selector"]),
}

_services(monitor) := [[object.get(port, "name", "") | some port in values.list(service.content.spec.ports)] |
	some service in documents.of("", "Service")
	_looks_into(monitor, service.namespace)
	labels := values.map(values.at(service.content, ["metadata", "labels"]))
	selectors.matches(values.at(monitor.content, ["spec", "selector"]), labels)
]

_pods(monitor) := [[port.name | some port in workloads.ports(pod)] |
	some namespace in {resource.namespace | some resource in documents.resources}
	_looks_into(monitor, namespace)
	some pod in workloads.selected(namespace, values.at(monitor.content, ["spec", "selector"]))
]

_looks_into(monitor, namespace) if count({namespace, "*"} & _namespaces(monitor)) > 0

_namespaces(monitor) := {"*"} if {
	monitor.content.spec.namespaceSelector.any == true
} else := {namespace | some namespace in names} if {
	names := values.list(values.at(monitor.content, ["spec", "namespaceSelector", "matchNames"]))
	count(names) > 0
} else := {monitor.namespace}
