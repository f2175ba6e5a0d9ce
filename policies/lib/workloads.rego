# METADATA
# title: Workloads
# description: Finds the workloads whose pods a label selector matches.
package lib.workloads

import data.lib.documents
import data.lib.pods
import data.lib.scaling
import data.lib.selectors
import data.lib.values

# The controller of a StatefulSet adds these labels to each pod, so no template has them.
_given := {"apps.kubernetes.io/pod-index", "statefulset.kubernetes.io/pod-name"}

# A PodTemplate alone does not create pods.
_makers := [pod | some pod in pods.templates; pod.resource.kind != "PodTemplate"]

# The workloads of each namespace, and of each label, by their position, so that a selector is not compared with all
# workloads.
_places := object.union(_place, {})

_place[pod.resource.namespace] contains index if some index, pod in _makers

_labelled := object.union(_label, {})

_label[[pod.resource.namespace, key, value]] contains index if {
	some index, pod in _makers
	some key, value in pod.labels
}

# The pod templates of the workloads in a namespace whose pods a LabelSelector matches.
selected(namespace, selector) := [pod |
	some index in _candidates(namespace, values.map(values.at(selector, ["matchLabels"])))
	pod := _makers[index]
	selectors.matches(selector, pod.labels)
]

_candidates(namespace, labels) := _places[namespace] if count(labels) == 0

_candidates(namespace, labels) := intersection({found |
	some key, value in labels
	found := object.get(_labelled, [[namespace, key, value]], set())
}) if {
	count(labels) > 0
}

# The same for the selector of a Service, which may select a single pod of a StatefulSet.
picked(namespace, labels) := [pod |
	plain := object.remove(labels, _given)
	some pod in selected(namespace, {"matchLabels": plain})
	every key in object.keys(labels) & _given {
		_is_given(pod.resource, key, labels[key])
	}
]

_is_given(resource, "statefulset.kubernetes.io/pod-name", value) if {
	prefix := concat("", [resource.name, "-"])
	startswith(value, prefix)
	_is_ordinal(resource, trim_prefix(value, prefix))
}

_is_given(resource, "apps.kubernetes.io/pod-index", value) if _is_ordinal(resource, value)

_is_ordinal(resource, text) if {
	resource.kind == "StatefulSet"
	regex.match(`^[0-9]+$`, text)
	first := object.get(resource.content, ["spec", "ordinals", "start"], 0)
	to_number(text) >= first
	to_number(text) < first + scaling.most(resource)
}

# The level of a finding about a selector without pods. If no pods are rendered, they may exist elsewhere. If an operator
# creates pods, nobody knows their labels here, so there is no finding.
level(namespace) := "none" if {
	namespace in operated
} else := "deny" if {
	_places[namespace]
} else := "warn"

# The namespaces in which an operator creates pods for a custom resource.
operated contains resource.namespace if {
	some resource in documents.resources
	contains(resource.apiVersion, ".")
	not endswith(split(resource.apiVersion, "/")[0], ".k8s.io")
	spec := values.map(values.at(resource.content, ["spec"]))
	count(object.keys(spec) & {"instances", "nodeSets", "podMetadata", "podTemplate", "replicas", "size"}) > 0
	not resource.kind == "Rollout"
}

# The names of workloads in a message.
names(found) := listed({title(pod) | some pod in found})

# The name of a workload in a message.
title(pod) := sprintf("%s %s", [pod.resource.kind, pod.resource.name])

# The names of what `selected` finds. As a set, so that many workloads with one selector cost little.
titles(namespace, selector) := {title(pod) | some pod in selected(namespace, selector)}

# At most five names in a message, which would otherwise be as long as the folder is large.
listed(found) := concat(", ", sort(found)) if count(found) <= 5

listed(found) := sprintf("%s and %d more", [concat(", ", array.slice(sort(found), 0, 5)), count(found) - 5]) if {
	count(found) > 5
}

# The labels in a message.
written(labels) := concat(", ", sort([sprintf("%s=%v", [key, value]) | some key, value in labels]))

# The ports that the containers and sidecars of a pod declare.
ports(pod) := [{"name": object.get(port, "name", ""), "number": port.containerPort, "protocol": protocol} |
	some container in array.concat(values.list(values.at(pod.spec, ["containers"])), sidecars(pod))
	some port in values.list(values.at(container, ["ports"]))
	protocol := object.get(port, "protocol", "TCP")
]

# Init containers that keep running with the other containers.
sidecars(pod) := [container |
	some container in values.list(values.at(pod.spec, ["initContainers"]))
	container.restartPolicy == "Always"
]
