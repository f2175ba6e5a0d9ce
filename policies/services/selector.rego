# METADATA
# title: A Service selects the pods of exactly one workload
# description: |
#   A selector that matches nothing makes a Service without endpoints, and one that matches too much sends requests to
#   pods that cannot answer them. Several workloads that run the same images may be a canary, which is a warning, and
#   so is a selector without pods where the target cannot tell who runs. Headless Services may find several workloads.
# custom:
#   id: services.selector
#   profile: general
#   subjects: Service
#   severity: high
#   fix: "write the labels of the workload's pod template as the selector"
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
		"msg": sprintf("splits requests between workloads of the same images: %s", [workloads.names(service.pods)]),
		"fix": "select by a label that only one of them has, unless they are meant to share requests",
		"path": "/spec/selector",
	})
}

_none[level] contains found if {
	some service in services.selecting
	count(service.pods) == 0
	level := workloads.level(service.resource.namespace)
	found := finding.about(service.resource, {
		"msg": sprintf("selects the pods of no workload: %s", [workloads.written(service.labels)]),
		"fix": concat("; ", array.concat(["write the labels of the workload's pod template"], _nearly(service))),
		"path": "/spec/selector",
	})
}

_is_shared(service) if {
	not service.is_headless
	count(service.pods) > 1
}

# What each of the workloads runs.
_repositories(service) := {repositories |
	some pod in service.pods
	repositories := {images.parse(container.image).repository | some container in pod.spec.containers}
}

# Workloads that differ from what is selected in one label, which is likely a slip.
_nearly(service) := sort([sprintf("%s %s has %s=%v", [pod.resource.kind, pod.resource.name, key, pod.labels[key]]) |
	some pod in pods.templates
	pod.resource.namespace == service.resource.namespace
	[key] := [key | some key, value in service.labels; pod.labels[key] != value]
])
