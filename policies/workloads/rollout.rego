# METADATA
# title: What is merged rolls out, and not all at once
# description: |
#   The API server refuses a rollout that may neither add a pod nor take one away, one that has limits where everything
#   is recreated, and a deadline that ends before a pod may be ready. A workload that is paused, or updated only where
#   somebody deletes its pods, does not run what Git says; and one with several replicas need not stop all of them.
#   These are warned of, and denied where the table `strict` lists conventions.
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
		"msg": "may neither add a pod nor take one away while it rolls out",
		"fix": "rollingUpdate: {maxSurge: 1, maxUnavailable: 0}",
	})
}

deny contains found if {
	some entry in _strategies
	entry.type in {"OnDelete", "Recreate"}
	values.at(entry.strategy, ["rollingUpdate"]) != null
	found := _about(entry, "/rollingUpdate", {
		"msg": sprintf("has rollingUpdate beside type %s", [entry.type]),
		"fix": "remove rollingUpdate, in a patch by rollingUpdate: null",
	})
}

deny contains found if {
	some resource in documents.of("apps", "Deployment")
	deadline := object.get(resource.content, ["spec", "progressDeadlineSeconds"], 600)
	ready := object.get(resource.content, ["spec", "minReadySeconds"], 0)
	deadline <= ready
	found := finding.about(resource, {
		"msg": sprintf("gives up after %v s, and a pod is ready after %v s at the earliest", [deadline, ready]),
		"fix": "raise progressDeadlineSeconds well above minReadySeconds and the time that the program needs to start",
		"path": "/spec/progressDeadlineSeconds",
	})
}

deny contains found if some found in strictness.denied("conventions", _left)

warn contains found if some found in strictness.warned("conventions", _left)

_left contains found if {
	some resource in documents.of("apps", "Deployment")
	values.at(resource.content, ["spec", "paused"]) == true
	found := finding.about(resource, {
		"msg": "is paused and rolls nothing out",
		"fix": "remove paused",
		"path": "/spec/paused",
	})
}

_left contains found if {
	some entry in _strategies
	entry.type == "OnDelete"
	found := _about(entry, "/type", {
		"msg": "is updated only where somebody deletes its pods",
		"fix": "type: RollingUpdate",
	})
}

_left contains found if {
	some entry in _strategies
	_stops_all(entry, scaling.least(entry.resource))
	found := _about(entry, "", {
		"msg": sprintf("stops all of its %d replicas at once while it rolls out", [scaling.least(entry.resource)]),
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

# What is nought where nobody says: a DaemonSet adds no pods.
_noughts := {"DaemonSet": {"maxSurge": 0}, "Deployment": {}}

_rolling := [object.union(entry, {"limits": object.union(_noughts[entry.resource.kind], given)}) |
	some entry in _strategies
	entry.type == "RollingUpdate"
	given := values.map(values.at(entry.strategy, ["rollingUpdate"]))
]

_about(entry, path, said) := finding.about(entry.resource, object.union(said, {"path": concat("", [entry.path, path])}))
