# METADATA
# title: Findings
# description: |
#   Builds what a rule reports. `said` has `msg` (the fault, after the name of the thing), `fix` (what to write)
#   and `path` (a JSON pointer, relative to the thing). Where there is one certain way to mend it, at that path, it also
#   has `set` (the value that belongs there) or `remove: true`.
package lib.finding

# About a resource as a whole.
about(resource, said) := object.union(
	{
		"msg": sprintf("%s/%s: %s", [resource.kind, resource.name, said.msg]),
		"fix": said.fix,
		"resource": object.filter(resource, ["apiVersion", "kind", "namespace", "name"]),
		"container": "",
		"path": said.path,
	},
	_mend(said),
)

_mend(said) := {"mend": mend} if {
	mend := object.filter(said, ["remove", "set"])
	count(mend) > 0
} else := {}

# About the target as a whole.
about_target(said) := {
	"msg": said.msg,
	"fix": said.fix,
	"resource": {"apiVersion": "", "kind": "", "namespace": "", "name": ""},
	"container": "",
	"path": "",
}

# About the pod that a workload carries.
about_pod(pod, said) := about(pod.resource, object.union(said, {"path": concat("", [pod.path, said.path])}))

# About one container.
about_container(container, said) := object.union(
	about(container.pod.resource, object.union(said, {
		"msg": sprintf("%s %s %s", [container.title, container.name, said.msg]),
		"path": concat("", [container.path, said.path]),
	})),
	{"container": container.name},
)

# About whichever of the two holds what is wrong.
about_holder(holder, said) := about_container(holder, said) if holder.content

about_holder(holder, said) := about_pod(holder, named) if {
	named := object.union(said, {"msg": concat(" ", ["the pod", said.msg])})
}

# About a namespace, whether or not the target holds its document.
about_namespace(name, said) := about({"apiVersion": "v1", "kind": "Namespace", "namespace": "", "name": name}, said)
