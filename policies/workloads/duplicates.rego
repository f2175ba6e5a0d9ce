# METADATA
# title: Names in a pod are unique
# description: |
#   With two environment variables of the same name, the last one silently wins, and server-side apply rejects them. It
#   also rejects two ports with the same number. The API server rejects two containers or volumes with the same name,
#   two ports with the same name in one container, and two mounts at the same path. Where two containers declare the
#   same port, only one of them can listen on it. A Service or probe that uses a shared port name reaches the first
#   container. Shared ports are a warning.
# custom:
#   id: workloads.duplicates
#   profile: general
#   subjects: pods
#   severity: medium
#   fix: "keep one of them, or change the name, path or number of the other"
#   docs: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
package rules.workloads.duplicates

import data.lib.finding
import data.lib.pods
import data.lib.values
import data.lib.workloads

_lists := [
	{"field": "env", "key": "name", "what": "the variable"},
	{"field": "ports", "key": "name", "what": "the port"},
	{"field": "volumeMounts", "key": "mountPath", "what": "the mount at"},
]

deny contains found if {
	some pod in pods.templates
	some list, what in {"containers": "container", "volumes": "volume"}
	names := _names(pod, list)
	some [name, _] in _repeated(names)
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod has two entries named %v, each a %s", [name, what]),
		"fix": sprintf("give each %s a unique name", [what]),
		"path": sprintf("/%s", [list]),
	})
}

deny contains found if {
	some container in pods.containers
	ports := [_port(port) | some port in values.list(values.at(container.content, ["ports"]))]
	some [port, index] in _repeated(ports)
	found := finding.about_container(container, {
		"msg": sprintf("declares port %s twice", [port]),
		"fix": "keep one of them",
		"path": sprintf("/ports/%d", [index]),
	})
}

deny contains found if {
	some container in pods.containers
	some list in _lists
	names := [values.text(values.at(entry, [list.key])) |
		some entry in values.list(values.at(container.content, [list.field]))
	]
	some [name, index] in _repeated(names)
	name != ""
	found := finding.about_container(container, {
		"msg": sprintf("has %s %s twice", [list.what, name]),
		"fix": "keep one of them",
		"path": sprintf("/%s/%d", [list.field, index]),
	})
}

# The names that occur more than once, with their positions. Sorting puts equal names next to each other. Comparing
# every pair would take minutes for thousands of names.
_repeated(names) := [[name, index] |
	placed := sort([[name, index] | some index, name in names])
	some position, [name, index] in placed
	placed[position - 1][0] == name
]

warn contains found if {
	some pod in pods.templates
	declared := _declared(pod)
	some [_, port] in declared
	names := {name | some [name, same] in declared; same == port}
	count(names) > 1
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod has port %s in several containers: %s", [port, concat(", ", names)]),
		"fix": "declare in each container only the ports that it listens on, with unique names",
		"path": "/containers",
	})
}

# The containers of all three lists share one set of names.
_names(pod, "containers") := [container.name |
	some list in ["initContainers", "containers", "ephemeralContainers"]
	some container in values.list(values.at(pod.spec, [list]))
]

_names(pod, "volumes") := [volume.name |
	some volume in values.list(values.at(pod.spec, ["volumes"]))
]

# The containers that run at the same time, each with its ports by number and by name.
_declared(pod) := {[container.name, what] |
	some container in array.concat(values.list(values.at(pod.spec, ["containers"])), workloads.sidecars(pod))
	some port in values.list(values.at(container, ["ports"]))
	some what in [_port(port), values.at(port, ["name"])]
	is_string(what)
}

_port(port) := sprintf("%v/%s", [port.containerPort, object.get(port, "protocol", "TCP")])
