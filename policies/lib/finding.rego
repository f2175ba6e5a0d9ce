# METADATA
# title: Findings
# description: |
#   Builds the findings of rules. `body` has `msg` (the problem, after the name of the object), `fix` (the solution) and
#   `path` (a JSON pointer, relative to the object). If only one value at that path fixes the problem, `body` also has
#   `set` (that value) or `remove: true`. A denial with `general: "warn"` is a warning in the profile `general`.
package lib.finding

# About a resource as a whole.
about(resource, body) := object.union(
	{
		"msg": sprintf("%s/%s: %s", [resource.kind, resource.name, body.msg]),
		"fix": body.fix,
		"resource": object.filter(resource, ["apiVersion", "kind", "namespace", "name"]),
		"container": "",
		"path": body.path,
	},
	object.union(_autofix(body), object.filter(body, ["general"])),
)

_autofix(body) := {"mend": mend} if {
	mend := object.filter(body, ["remove", "set"])
	count(mend) > 0
} else := {}

# About the target as a whole.
about_target(body) := {
	"msg": body.msg,
	"fix": body.fix,
	"resource": {"apiVersion": "", "kind": "", "namespace": "", "name": ""},
	"container": "",
	"path": "",
}

# About the pod of a workload.
about_pod(pod, body) := about(pod.resource, object.union(body, {"path": concat("", [pod.path, body.path])}))

# About a container.
about_container(container, body) := object.union(
	about(container.pod.resource, object.union(body, {
		"msg": sprintf("%s %s %s", [container.title, container.name, body.msg]),
		"path": concat("", [container.path, body.path]),
	})),
	{"container": container.name},
)

# About the container or pod that holds the problem.
about_holder(holder, body) := about_container(holder, body) if holder.content

about_holder(holder, body) := about_pod(holder, named) if {
	named := object.union(body, {"msg": concat(" ", ["the pod", body.msg])})
}

# About a namespace, rendered or not.
about_namespace(name, body) := about({"apiVersion": "v1", "kind": "Namespace", "namespace": "", "name": name}, body)
