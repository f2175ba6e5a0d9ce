# METADATA
# title: A pod names each thing once
# description: |
#   Of two variables with one name the last one wins, in silence; server-side apply refuses them, as it does two ports
#   of one number. Two containers or volumes of one name, two ports of one name in a container and two mounts at one
#   path are refused by the API server. Where two containers declare one port, only one of them can listen, and a
#   Service or probe that goes by a name they share reaches the first: a warning.
# custom:
#   id: workloads.duplicates
#   profile: general
#   subjects: pods
#   severity: medium
#   fix: "keep one of them, or give one another name, path or number"
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
		"msg": sprintf("the pod has two of the name %v, each a %s", [name, what]),
		"fix": sprintf("give each %s a name of its own", [what]),
		"path": sprintf("/%s", [list]),
	})
}

deny contains found if {
	some container in pods.containers
	ports := [_port(port) | some port in values.list(values.at(container.content, ["ports"]))]
	some [port, index] in _repeated(ports)
	found := finding.about_container(container, {
		"msg": sprintf("has the port %s twice", [port]),
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

# What stands again, and where. Sorted, the same names lie side by side: comparing each with each would take minutes
# where there are thousands.
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
		"msg": sprintf("the pod has the port %s in several containers: %s", [port, concat(", ", names)]),
		"fix": "let each container declare the ports that it listens on itself, under names of their own",
		"path": "/containers",
	})
}

# Containers of all three lists share their names.
_names(pod, "containers") := [container.name |
	some list in ["initContainers", "containers", "ephemeralContainers"]
	some container in values.list(values.at(pod.spec, [list]))
]

_names(pod, "volumes") := [volume.name |
	some volume in values.list(values.at(pod.spec, ["volumes"]))
]

# What runs side by side, each with its ports by number and by name.
_declared(pod) := {[container.name, what] |
	some container in array.concat(values.list(values.at(pod.spec, ["containers"])), workloads.sidecars(pod))
	some port in values.list(values.at(container, ["ports"]))
	some what in [_port(port), values.at(port, ["name"])]
	is_string(what)
}

_port(port) := sprintf("%v/%s", [port.containerPort, object.get(port, "protocol", "TCP")])
