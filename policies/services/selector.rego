# METADATA
# title: A Service selects the pods of exactly one workload
# description: |
#   With a selector that matches nothing, a Service has no endpoints. With one that matches too much, some requests
#   reach the wrong pods. Several workloads with the same images may be a canary. Then the rule only warns. It also
#   warns about a selector without pods if these may exist outside of the rendered manifests. Headless Services may
#   select several workloads, and so may Services of workloads with a version each, in a label. A controller may set a
#   label that no template has.
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
import data.lib.rbac
import data.lib.services
import data.lib.workloads

deny contains found if {
	some found in _none.deny
}

deny contains found if {
	some service in services.selecting
	_is_shared(service)
	count(_repositories(service)) > 1
	not _are_versions(service)
	found := finding.about(service.resource, {
		"msg": sprintf("selects the pods of several workloads: %s", [workloads.names(service.pods)]),
		"fix": "select by a label that only one of them has",
		"path": "/spec/selector",
		"general": "warn",
	})
}

warn contains found if {
	some found in _none.warn
}

warn contains found if {
	some service in services.selecting
	_is_shared(service)
	count(_repositories(service)) == 1
	not _are_versions(service)
	found := finding.about(service.resource, {
		"msg": sprintf("splits requests between workloads with the same images: %s", [workloads.names(service.pods)]),
		"fix": "select by a label that only one of them has, unless they should share requests",
		"path": "/spec/selector",
	})
}

_none[level] contains found if {
	some service in services.selecting
	count(service.pods) == 0
	not _is_labelled_later(service)
	level := workloads.level(service.resource.namespace)
	found := finding.about(service.resource, {
		"msg": sprintf("selects no pods of any workload: %s", [workloads.written(service.labels)]),
		"fix": concat("; ", array.concat(["use the labels in the pod template of the workload"], _nearly(service))),
		"path": "/spec/selector",
	})
}

# The workloads differ in a label that names their version, so the Service is meant to divide requests among them.
_are_versions(service) if {
	some key in _version_labels
	versions := {pod.labels[key] | some pod in service.pods}
	count(versions) == count(service.pods)
}

_version_labels := {"app.kubernetes.io/version", "color", "colour", "slot", "track", "variant", "version"}

# No pod template has a label of the selector, and a rendered account may set labels of pods.
_is_labelled_later(service) if {
	namespace := service.resource.namespace
	some key in object.keys(service.labels)
	not key in _known_keys[namespace]
	some [_, _, reach] in rbac.holders("", "pods", {"patch", "update"})
	reach in {"*", namespace}
}

_known_keys[pod.resource.namespace] contains key if {
	some pod in pods.templates
	some key in object.keys(pod.labels)
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
