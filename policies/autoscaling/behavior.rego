# METADATA
# title: Autoscalers set their scaling speed
# description: |
#   By default, Kubernetes may double the number of pods every 15 seconds and remove all extra pods in one step. The
#   right speed depends on the workload, so the autoscaler must set it.
# custom:
#   id: autoscaling.behavior
#   profile: strict
#   subjects: [autoscaling/HorizontalPodAutoscaler, keda.sh/ScaledObject]
#   severity: low
#   fix: "set behavior.scaleUp and behavior.scaleDown, each with a stabilization window or policies"
#   docs: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior
package rules.autoscaling.behavior

import data.lib.finding
import data.lib.scaling
import data.lib.strictness
import data.lib.values

deny contains found if some found in strictness.denied("conventions", _unsaid)

warn contains found if some found in strictness.warned("conventions", _unsaid)

_unsaid contains found if {
	some scaler in scaling.scalers
	missing := [direction |
		some direction in ["scaleDown", "scaleUp"]
		count(values.map(values.at(scaler.behavior, [direction]))) == 0
	]
	count(missing) > 0
	found := finding.about(scaler.resource, {
		"msg": sprintf("does not set its scaling speed: %s", [concat(", ", missing)]),
		"fix": "behavior: {scaleDown: {stabilizationWindowSeconds: 300, policies: […]}, scaleUp: {policies: […]}}",
		"path": scaler.behavior_path,
	})
}
