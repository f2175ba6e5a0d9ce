# METADATA
# title: Effective resources
# description: |
#   The requests and limits of containers and pods, with the defaults that the API server sets: requests from limits,
#   and both from the LimitRanges of the namespace.
package lib.effective_resources

import data.lib.documents
import data.lib.resource_quantity
import data.lib.values

# The limits that LimitRanges set.
limit_ranges := [{"content": item, "path": sprintf("/spec/limits/%d", [index]), "resource": resource} |
	some resource in documents.of("", "LimitRange")
	some index, item in values.list(values.at(resource.content, ["spec", "limits"]))
]

# The value of a resource of a container in one part, "requests" or "limits". Undefined if there is no value and no
# default.
of_container(namespace, resources, part, name) := amount if {
	amount := _written(resources, part, name)
} else := _by_default(namespace, part, name)

_written(resources, "limits", name) := resource_quantity.parse(resources.limits[name])

_written(resources, "requests", name) := resource_quantity.parse(object.get(resources, ["requests", name], limit)) if {
	limit := object.get(resources, ["limits", name], "")
}

# The first of these fields in a LimitRange is the default.
_defaults := {"limits": ["default", "max"], "requests": ["defaultRequest", "default", "max", "min"]}

_by_default(namespace, part, name) := min([amounts[0] |
	some limits in limit_ranges
	limits.resource.namespace == namespace
	limits.content.type == "Container"
	amounts := [resource_quantity.parse(limits.content[field][name]) | some field in _defaults[part]]
])

# The value of a resource of a pod in one part: the value of the pod, or the sum of its containers. It is at least the
# value of each init container plus the sidecars before it.
# https://kubernetes.io/docs/concepts/workloads/pods/init-containers/
of_pod(pod, part, name) := resource_quantity.parse(pod.spec.resources[part][name]) + _overhead(pod, name)

of_pod(pod, part, name) := max([running, starting]) + _overhead(pod, name) if {
	not pod.spec.resources[part][name]
	namespace := pod.resource.namespace
	inits := [container | some container in values.list(values.at(pod.spec, ["initContainers"])); is_object(container)]
	sidecars := {index | some index, container in inits; container.restartPolicy == "Always"}
	first := [_of(namespace, container, part, name) | some container in inits]
	running := sum([_of(namespace, container, part, name) |
		some container in values.list(values.at(pod.spec, ["containers"]))
	]) + sum([own | some index, own in first; index in sidecars])
	starting := max([amount |
		some index, own in array.concat(first, [0])
		amount := own + sum([earlier | some before, earlier in first; before in sidecars; before < index])
	])
}

_of(namespace, container, part, name) := amount if {
	amount := of_container(namespace, values.map(values.at(container, ["resources"])), part, name)
} else := 0

_overhead(pod, name) := resource_quantity.parse(pod.spec.overhead[name])

_overhead(pod, name) := 0 if not pod.spec.overhead[name]
