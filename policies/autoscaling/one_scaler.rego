# METADATA
# title: A workload has only one autoscaler
# description: |
#   Two autoscalers of the same workload undo each other's decisions. A ScaledObject creates its own
#   HorizontalPodAutoscaler, so a workload must not have both.
# custom:
#   id: autoscaling.one_scaler
#   profile: general
#   subjects: [autoscaling/HorizontalPodAutoscaler, keda.sh/ScaledObject]
#   severity: high
#   fix: "remove one of the autoscalers, and move its metrics to the other"
#   docs: https://keda.sh/docs/latest/concepts/scaling-deployments/
package rules.autoscaling.one_scaler

import data.lib.finding
import data.lib.scaling

deny contains found if {
	some scaler in scaling.scalers
	names := [sprintf("%s %s", [other.resource.kind, other.resource.name]) |
		some other in scaling.scalers
		other.target == scaler.target
		other.resource.namespace == scaler.resource.namespace
	]
	count(names) > 1
	found := finding.about(scaler.resource, {
		"msg": sprintf("%s %s has more than one autoscaler: %s", [
			scaler.target.kind,
			scaler.target.name,
			concat(", ", sort(names)),
		]),
		"fix": "keep one of them",
		"path": "/spec/scaleTargetRef",
	})
}
