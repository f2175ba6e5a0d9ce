# METADATA
# title: The PriorityClasses of pods exist
# description: |
#   The API server rejects a pod with an unknown PriorityClass. If PriorityClasses are rendered, the class of each pod
#   must be among them. If none is rendered, the cluster may have the class. Then the rule warns, unless the table
#   `cluster` lists it.
# custom:
#   id: references.priority_class
#   profile: general
#   general: warn
#   subjects: pods
#   severity: high
#   fix: "add the PriorityClass, correct priorityClassName, or list it in the table `cluster` if the cluster has it"
#   docs: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
package rules.references.priority_class

import data.lib.finding
import data.lib.pods
import data.lib.references
import data.lib.values

deny contains found if some found in _missing.deny

warn contains found if some found in _missing.warn

_missing[level] contains found if {
	some pod in pods.templates
	name := values.text(values.at(pod.spec, ["priorityClassName"]))
	name != ""
	level := references.level("scheduling.k8s.io/PriorityClass", "", name)
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod has PriorityClass %s, which is not rendered", [name]),
		"fix": sprintf("add PriorityClass %s, or correct the name", [name]),
		"path": "/priorityClassName",
	})
}
