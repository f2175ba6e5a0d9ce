# METADATA
# title: Pods
# description: The pods of all kinds of workloads in a target, and all their containers.
package lib.pods

import data.lib.documents
import data.lib.pod_security_standard
import data.lib.values

# The location of the pod template in each kind.
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

# Every pod template: its resource, its spec, the labels of its pods, and the JSON pointer to the spec.
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

# A Rollout may refer to a Deployment, which is checked itself.
_borrows_its_template(resource) if resource.content.spec.workloadRef.name

# Every container: its pod, its list, its name, and the JSON pointer to it.
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

# Every possible securityContext: those of pods and containers, with their holder.
contexts := array.concat(
	[{"holder": pod, "pod": pod, "settings": _settings(pod.spec)} | some pod in templates],
	[{"holder": container, "pod": container.pod, "settings": _settings(container.content)} | some container in containers],
)

_settings(holder) := values.map(values.at(holder, ["securityContext"]))

# The value of a field in the securityContext of a pod or container, or null.
setting(holder, key) := values.at(holder, ["securityContext", key])

# The name of the ServiceAccount of a pod, and where it is; empty if the pod names none. The API server reads the
# deprecated field serviceAccount where serviceAccountName is empty.
account(pod) := {"name": name, "path": sprintf("/%s", [field])} if {
	some field in ["serviceAccountName", "serviceAccount"]
	name := values.text(values.at(pod.spec, [field]))
	name != ""
	_comes_first(pod, field)
} else := {"name": "", "path": "/serviceAccountName"}

_comes_first(_, "serviceAccountName")

_comes_first(pod, "serviceAccount") if values.text(values.at(pod.spec, ["serviceAccountName"])) == ""

# The namespaces with pods.
namespaces contains pod.resource.namespace if some pod in templates

# The namespaces of Kubernetes itself. What runs there is the cluster's, and serves all others.
system_namespaces := {"kube-node-lease", "kube-public", "kube-system"}

# Kinds whose pods run permanently.
is_long_running(pod) if {
	pod.resource.kind in {"DaemonSet", "Deployment", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"}
}

# The Pod Security Standards exempt Windows pods from checks that apply only to Linux,
is_windows(pod) if pod.spec.os.name == "windows"

# which many still say by the nodes that they select,
is_windows(pod) if values.at(pod.spec, ["nodeSelector", "kubernetes.io/os"]) == "windows"

# and, since 1.35, pods in their own user namespace from checks of the user: root in it has no rights on the node.
has_user_namespace(pod) if {
	pod_security_standard.since(35)
	pod.spec.hostUsers == false
}
