# METADATA
# title: PriorityClasses of pods exist
# description: |
#   A pod of an unknown PriorityClass is refused. A target that makes PriorityClasses makes all that its pods name;
#   one that makes none relies on the cluster's, which is a warning unless the table `cluster` lists them.
# custom:
#   id: references.priority_class
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "add the PriorityClass, mend priorityClassName, or list it under provides in policies/data/cluster.yaml"
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
		"msg": sprintf("the pod has PriorityClass %s, which the target does not hold", [name]),
		"fix": sprintf("add PriorityClass %s, or mend the name", [name]),
		"path": "/priorityClassName",
	})
}
