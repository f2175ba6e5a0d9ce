# METADATA
# title: Services
# description: The Services of a target that select pods, and the pods that they select.
package lib.services

import data.lib.documents
import data.lib.values
import data.lib.workloads

# Other tools set the endpoints of Services without a selector. An ExternalName has no endpoints.
selecting := [service |
	some resource in documents.of("", "Service")
	spec := values.map(values.at(resource.content, ["spec"]))
	values.at(spec, ["type"]) != "ExternalName"
	labels := values.map(values.at(spec, ["selector"]))
	count(labels) > 0
	service := {
		"is_headless": values.at(spec, ["clusterIP"]) == "None",
		"labels": labels,
		"pods": workloads.picked(resource.namespace, labels),
		"ports": [port | some port in values.list(values.at(spec, ["ports"])); is_object(port)],
		"resource": resource,
	}
]
