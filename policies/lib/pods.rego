# METADATA
# title: Pods
# description: The pods a target would start, whatever kind of workload carries them, and all their containers.
package lib.pods

import data.lib.documents
import data.lib.pod_security_standard
import data.lib.values

# Where each kind keeps its pod template.
_template_paths := {
	"/Pod": [],
	"/PodTemplate": ["template"],
	"/ReplicationController": ["spec", "template"],
	"apps/DaemonSet": ["spec", "template"],
	"apps/Deployment": ["spec", "template"],
	"apps/ReplicaSet": ["spec", "template"],
	"apps/StatefulSet": ["spec", "template"],
	"argoproj.io/Rollout": ["spec", "template"],
	"batch/CronJob": ["spec", "jobTemplate", "spec", "template"],
	"batch/Job": ["spec", "template"],
	"keda.sh/ScaledJob": ["spec", "jobTargetRef", "template"],
}

_container_kinds := {
	"containers": "container",
	"ephemeralContainers": "ephemeral container",
	"initContainers": "init container",
}

# Every pod template: its resource, its spec, what it will be labelled, and the JSON pointer to its spec.
templates := [pod |
	some resource in documents.resources
	path := _template_paths[resource.type]
	not _borrows_its_template(resource)
	template := values.map(object.get(resource.content, path, {}))
	pod := {
		"annotations": values.map(object.get(template, ["metadata", "annotations"], {})),
		"labels": values.map(object.get(template, ["metadata", "labels"], {})),
		"path": concat("/", array.flatten(["", path, "spec"])),
		"resource": resource,
		"spec": values.map(object.get(template, "spec", {})),
	}
]

# A Rollout may point to a Deployment, which is then judged itself.
_borrows_its_template(resource) if resource.content.spec.workloadRef.name

# Every container: its pod, what list it is in, its name, and the JSON pointer to it.
containers := [container |
	some pod in templates
	some list, title in _container_kinds
	some index, content in values.list(pod.spec[list])
	is_object(content)
	container := {
		"content": content,
		"list": list,
		"name": values.text(values.at(content, ["name"])),
		"path": sprintf("%s/%s/%d", [pod.path, list, index]),
		"pod": pod,
		"title": title,
	}
]

# Every securityContext there may be: each pod's and each container's, with its holder.
contexts := array.concat(
	[{"holder": pod, "pod": pod, "settings": _settings(pod.spec)} | some pod in templates],
	[{"holder": container, "pod": container.pod, "settings": _settings(container.content)} | some container in containers],
)

_settings(holder) := values.map(values.at(holder, ["securityContext"]))

# What a pod's or a container's securityContext says, or null.
setting(holder, key) := values.at(holder, ["securityContext", key])

# The namespaces in which something runs.
namespaces contains pod.resource.namespace if some pod in templates

# Kinds whose pods are meant to run for ever.
is_long_running(pod) if {
	pod.resource.kind in {"DaemonSet", "Deployment", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"}
}

# The Pod Security Standards exempt Windows from what only Linux knows,
is_windows(pod) if pod.spec.os.name == "windows"

# and, since 1.35, a pod with its own user namespace from what concerns its user: root in it is nobody outside.
has_user_namespace(pod) if {
	pod_security_standard.since(35)
	pod.spec.hostUsers == false
}
