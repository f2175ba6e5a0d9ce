# METADATA
# title: A Service selects the pods of exactly one workload
# description: |
#   With a selector that matches nothing, a Service has no endpoints. With one that matches too much, some requests
#   reach the wrong pods. Several workloads with the same images may be a canary. Then the rule only warns. It also
#   warns about a selector without pods if these may exist outside of the rendered manifests. Headless Services may
#   select several workloads.
# custom:
#   id: services.selector
#   profile: general
#   subjects: Service
#   severity: high
#   fix: "use the labels in the pod template of the workload as the selector"
#   docs: https://kubernetes.io/docs/concepts/services-networking/service/#services-in-kubernetes
package rules.services.selector

import data.lib.finding
import data.lib.images
import data.lib.pods
import data.lib.services
import data.lib.workloads

deny contains found if {
	some found in _none.deny
}

deny contains found if {
	some service in services.selecting
	_is_shared(service)
	count(_repositories(service)) > 1
	found := finding.about(service.resource, {
		"msg": sprintf("selects the pods of several workloads: %s", [workloads.names(service.pods)]),
		"fix": "select by a label that only one of them has",
		"path": "/spec/selector",
	})
}

warn contains found if {
	some found in _none.warn
}

warn contains found if {
	some service in services.selecting
	_is_shared(service)
	count(_repositories(service)) == 1
	found := finding.about(service.resource, {
		"msg": sprintf("splits requests between workloads with the same images: %s", [workloads.names(service.pods)]),
		"fix": "select by a label that only one of them has, unless they should share requests",
		"path": "/spec/selector",
	})
}

_none[level] contains found if {
	some service in services.selecting
	count(service.pods) == 0
	level := workloads.level(service.resource.namespace)
	found := finding.about(service.resource, {
		"msg": sprintf("selects no pods of any workload: %s", [workloads.written(service.labels)]),
		"fix": concat("; ", array.concat(["use the labels in the pod template of the workload"], _nearly(service))),
		"path": "/spec/selector",
	})
}

_is_shared(service) if {
	not service.is_headless
	count(service.pods) > 1
}

# The images that each of the workloads runs.
_repositories(service) := {repositories |
	some pod in service.pods
	repositories := {images.parse(container.image).repository | some container in pod.spec.containers}
}

# Workloads whose labels differ from the selector in only one value, probably because of a typing error.
_nearly(service) := sort([sprintf("%s %s has %s=%v", [pod.resource.kind, pod.resource.name, key, pod.labels[key]]) |
	some pod in pods.templates
	pod.resource.namespace == service.resource.namespace
	[key] := [key | some key, value in service.labels; pod.labels[key] != value]
])
