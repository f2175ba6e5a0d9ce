# METADATA
# title: Containers set requests and limits
# description: |
#   Without requests, the scheduler overbooks nodes. Without limits, one container can take the resources of others.
#   Containers and init containers, or their pod as a whole, must set requests and limits for CPU and memory. Ephemeral
#   containers cannot set them.
# custom:
#   id: workloads.resources
#   profile: general
#   general: warn
#   subjects: containers
#   severity: medium
#   fix: "set resources.requests and resources.limits, each with cpu and memory"
#   docs: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
package rules.workloads.resources

import data.lib.finding
import data.lib.pods
import data.lib.resource_quantity
import data.lib.values

deny contains found if {
	some container in _sized
	missing := [sprintf("%s.%s", [part, resource]) |
		some part in ["requests", "limits"]
		some resource in ["cpu", "memory"]
		not resource_quantity.is_positive(_amount(container, part, resource))
		not resource_quantity.is_positive(values.at(container.pod.spec, ["resources", part, resource]))
	]
	first := missing[0]
	found := finding.about_container(container, {
		"msg": sprintf("lacks a valid value for resources.%s", [concat(", ", missing)]),
		"fix": "resources: {requests: {cpu: …, memory: …}, limits: {cpu: …, memory: …}}",
		"path": sprintf("/resources/%s", [replace(first, ".", "/")]),
	})
}

deny contains found if {
	some container in _sized
	some resource in ["cpu", "memory"]
	request := _amount(container, "requests", resource)
	limit := _amount(container, "limits", resource)
	resource_quantity.parse(request) > resource_quantity.parse(limit)
	found := finding.about_container(container, {
		"msg": sprintf("requests more %s (%v) than its limit (%v)", [resource, request, limit]),
		"fix": sprintf("raise limits.%s or lower requests.%s", [resource, resource]),
		"path": sprintf("/resources/requests/%s", [resource]),
	})
}

_sized := [container | some container in pods.containers; container.list != "ephemeralContainers"]

_amount(container, part, resource) := values.at(container.content, ["resources", part, resource])
