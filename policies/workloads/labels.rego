# METADATA
# title: Workloads have the recommended labels
# description: |
#   Tools and dashboards group resources by app.kubernetes.io/name, component and part-of. The workload and its pods
#   need these labels. The rule warns. It denies in namespaces for which the table `strict` lists `conventions`.
# custom:
#   id: workloads.labels
#   profile: strict
#   subjects: pods
#   severity: low
#   fix: "add the labels with labels: {includeTemplates: true} in the kustomization"
#   docs: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
package rules.workloads.labels

import data.lib.finding
import data.lib.pods
import data.lib.strictness
import data.lib.values

_recommended := {"app.kubernetes.io/component", "app.kubernetes.io/name", "app.kubernetes.io/part-of"}

deny contains found if some found in strictness.denied("conventions", _left)

warn contains found if some found in strictness.warned("conventions", _left)

_left contains found if {
	some pod in pods.templates
	own := values.map(values.at(pod.resource.content, ["metadata", "labels"]))
	missing := {label |
		some label in _recommended
		some labels in [own, pod.labels]
		not is_string(values.at(labels, [label]))
	}
	count(missing) > 0
	found := finding.about(pod.resource, {
		"msg": sprintf("the workload or its pods lack the labels %s", [concat(", ", sort(missing))]),
		"fix": "add the labels with labels: {includeTemplates: true} in the kustomization",
		"path": "/metadata/labels",
	})
}
