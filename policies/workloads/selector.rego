# METADATA
# title: Workloads select only their own pods
# description: |
#   The API server rejects a workload whose selector does not match its own pods, or is empty. If the selector also
#   matches pods of another workload, an autoscaler measures both but scales only one. In that case the rule warns, and
#   denies in namespaces for which the table `strict` lists `conventions`.
# custom:
#   id: workloads.selector
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "set labels in spec.selector.matchLabels that its pod template has and other pods do not have"
#   docs: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector
package rules.workloads.selector

import data.lib.finding
import data.lib.pods
import data.lib.selectors
import data.lib.strictness
import data.lib.values
import data.lib.workloads

deny contains found if {
	some entry in _selecting
	not selectors.matches(entry.selector, entry.pod.labels)
	found := _about(entry, {
		"msg": sprintf("its selector %s does not match its own pods, which have %s", [
			json.marshal(entry.selector),
			json.marshal(entry.pod.labels),
		]),
		"fix": "set labels in spec.selector.matchLabels that the pod template has",
	})
}

deny contains found if {
	some entry in _selecting
	selectors.is_empty(entry.selector)
	found := _about(entry, {
		"msg": "its selector is empty and matches every pod of the namespace",
		"fix": "set labels in spec.selector.matchLabels that only the pod template has",
	})
}

deny contains found if some found in strictness.denied("conventions", _overlapping)

warn contains found if some found in strictness.warned("conventions", _overlapping)

_overlapping contains found if {
	some entry in _selecting
	not selectors.is_empty(entry.selector)
	others := workloads.titles(entry.pod.resource.namespace, entry.selector) - {workloads.title(entry.pod)}
	count(others) > 0
	found := _about(entry, {
		"msg": sprintf("its selector also matches the pods of %s", [workloads.listed(others)]),
		"fix": "add a label to spec.selector.matchLabels that only its own pods have",
	})
}

_selecting := [{"pod": pod, "selector": selector} |
	some pod in pods.templates
	pods.is_long_running(pod)
	selector := values.at(pod.resource.content, ["spec", "selector"])
	is_object(selector)
	pod.resource.kind != "ReplicationController"
]

_about(entry, body) := finding.about(entry.pod.resource, object.union(body, {"path": "/spec/selector"}))
