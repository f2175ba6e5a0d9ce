# METADATA
# title: Services
# description: The Services of a target that find their pods by labels, and what they find.
package lib.services

import data.lib.documents
import data.lib.values
import data.lib.workloads

# Those without a selector get their endpoints from somebody else, and an ExternalName is none but a name.
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
