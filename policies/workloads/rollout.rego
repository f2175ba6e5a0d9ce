# METADATA
# title: Changes roll out gradually
# description: |
#   The API server rejects a rollout that can neither add nor remove a pod. It rejects rolling limits together with
#   another strategy, and a deadline that ends before a pod can be ready. The rule denies these. It warns about a paused
#   workload, a workload that is updated only when someone deletes its pods, and several replicas that all stop at once.
#   It denies these too in namespaces for which the table `strict` lists `conventions`.
# custom:
#   id: workloads.rollout
#   profile: general
#   subjects: [apps/DaemonSet, apps/Deployment, apps/StatefulSet]
#   severity: medium
#   fix: "type: RollingUpdate with rollingUpdate: {maxSurge: 1, maxUnavailable: 0}"
#   docs: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy
package rules.workloads.rollout

import data.lib.documents
import data.lib.finding
import data.lib.scaling
import data.lib.strictness
import data.lib.values

deny contains found if {
	some entry in _rolling
	every limit in ["maxSurge", "maxUnavailable"] {
		entry.limits[limit] in {0, "0%"}
	}
	found := _about(entry, "/rollingUpdate", {
		"msg": "can neither add nor remove a pod during a rollout",
		"fix": "rollingUpdate: {maxSurge: 1, maxUnavailable: 0}",
	})
}

deny contains found if {
	some entry in _strategies
	entry.type in {"OnDelete", "Recreate"}
	values.at(entry.strategy, ["rollingUpdate"]) != null
	found := _about(entry, "/rollingUpdate", {
		"msg": sprintf("has rollingUpdate with type %s", [entry.type]),
		"fix": "remove rollingUpdate; in a patch, set rollingUpdate: null",
	})
}

deny contains found if {
	some resource in documents.of("apps", "Deployment")
	deadline := object.get(resource.content, ["spec", "progressDeadlineSeconds"], 600)
	ready := object.get(resource.content, ["spec", "minReadySeconds"], 0)
	deadline <= ready
	found := finding.about(resource, {
		"msg": sprintf("has a deadline of %v s, but a pod is ready after %v s at the earliest", [deadline, ready]),
		"fix": "set progressDeadlineSeconds well above minReadySeconds plus the start time of the program",
		"path": "/spec/progressDeadlineSeconds",
	})
}

deny contains found if some found in strictness.denied("conventions", _left)

warn contains found if some found in strictness.warned("conventions", _left)

_left contains found if {
	some resource in documents.of("apps", "Deployment")
	values.at(resource.content, ["spec", "paused"]) == true
	found := finding.about(resource, {
		"msg": "is paused, so changes do not roll out",
		"fix": "remove paused",
		"path": "/spec/paused",
	})
}

_left contains found if {
	some entry in _strategies
	entry.type == "OnDelete"
	found := _about(entry, "/type", {
		"msg": "is updated only when someone deletes its pods",
		"fix": "type: RollingUpdate",
	})
}

_left contains found if {
	some entry in _strategies
	_stops_all(entry, scaling.least(entry.resource))
	found := _about(entry, "", {
		"msg": sprintf("stops all %d replicas at the same time during a rollout", [scaling.least(entry.resource)]),
		"fix": "type: RollingUpdate with rollingUpdate: {maxSurge: 1, maxUnavailable: 0}",
	})
}

_stops_all(entry, least) if {
	least > 1
	entry.type == "Recreate"
}

# Kubernetes rounds maxUnavailable down.
_stops_all(entry, least) if {
	least > 1
	unavailable := values.at(entry.strategy, ["rollingUpdate", "maxUnavailable"])
	_down(unavailable, least) >= least
}

_down(amount, total) := floor((to_number(trim_suffix(amount, "%")) * total) / 100) if is_string(amount)

_down(amount, _) := amount if is_number(amount)

_strategies := [{"path": path, "resource": resource, "strategy": strategy, "type": type} |
	some kind, field in {"DaemonSet": "updateStrategy", "Deployment": "strategy", "StatefulSet": "updateStrategy"}
	some resource in documents.of("apps", kind)
	strategy := values.map(values.at(resource.content, ["spec", field]))
	path := sprintf("/spec/%s", [field])
	type := object.get(strategy, "type", "RollingUpdate")
]

# The defaults that are 0: a DaemonSet does not add pods.
_zero_defaults := {"DaemonSet": {"maxSurge": 0}, "Deployment": {}}

_rolling := [object.union(entry, {"limits": object.union(_zero_defaults[entry.resource.kind], given)}) |
	some entry in _strategies
	entry.type == "RollingUpdate"
	given := values.map(values.at(entry.strategy, ["rollingUpdate"]))
]

_about(entry, path, body) := finding.about(entry.resource, object.union(body, {"path": concat("", [entry.path, path])}))
