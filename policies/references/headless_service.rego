# METADATA
# title: StatefulSets have a headless Service for their pods
# description: |
#   The pods of a StatefulSet find each other by names that only the Service in serviceName provides. The Service must
#   exist, have clusterIP: None and select these pods. If serviceName is empty, the rule only warns.
# custom:
#   id: references.headless_service
#   profile: general
#   general: warn
#   subjects: apps/StatefulSet
#   severity: high
#   fix: "add a Service with clusterIP: None that selects the pods of the StatefulSet, and set its name in serviceName"
#   docs: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id
package rules.references.headless_service

import data.lib.documents
import data.lib.finding
import data.lib.references
import data.lib.values
import data.lib.workloads

deny contains found if some found in _absent.deny

deny contains found if {
	some set in _sets
	some service in documents.of("", "Service")
	service.namespace == set.resource.namespace
	service.name == set.service
	some fault in _faults(service, set.resource)
	found := finding.about(set.resource, {
		"msg": sprintf("refers to Service %s, which %s", [set.service, fault]),
		"fix": "use a Service with clusterIP: None that selects these pods",
		"path": "/spec/serviceName",
	})
}

warn contains found if some found in _absent.warn

warn contains found if {
	some set in documents.of("apps", "StatefulSet")
	values.text(values.at(set.content, ["spec", "serviceName"])) == ""
	found := finding.about(set, {
		"msg": "has no serviceName, so its pods cannot be found by name",
		"fix": "add a Service with clusterIP: None that selects these pods, and set its name in serviceName",
		"path": "/spec/serviceName",
	})
}

_absent[level] contains found if {
	some set in _sets
	level := references.level("/Service", set.resource.namespace, set.service)
	found := finding.about(set.resource, {
		"msg": sprintf("refers to Service %s, which is not rendered", [set.service]),
		"fix": sprintf("add Service %s with clusterIP: None, or correct serviceName", [set.service]),
		"path": "/spec/serviceName",
	})
}

_sets := [{"resource": resource, "service": name} |
	some resource in documents.of("apps", "StatefulSet")
	name := values.text(values.at(resource.content, ["spec", "serviceName"]))
	name != ""
]

_faults(service, set) := {fault |
	spec := values.map(values.at(service.content, ["spec"]))
	some fault, holds in {
		"is not headless": values.at(spec, ["clusterIP"]) == "None",
		"does not select its pods": _selects(service.namespace, spec, set),
	}
	not holds
}

_selects(namespace, spec, set) := [set.kind, set.name] in [[pod.resource.kind, pod.resource.name] |
	some pod in workloads.picked(namespace, values.map(values.at(spec, ["selector"])))
]
