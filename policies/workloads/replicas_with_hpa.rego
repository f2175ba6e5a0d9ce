# METADATA
# title: What an autoscaler scales does not set replicas
# description: |
#   Git and the autoscaler would undo each other at every sync, and a sync at peak time would scale down. The number
#   of replicas is left out wherever a HorizontalPodAutoscaler or ScaledObject sets it.
# custom:
#   id: workloads.replicas_with_hpa
#   profile: general
#   subjects: own
#   severity: high
#   fix: "remove replicas; state the least number as the autoscaler's minReplicas"
#   docs: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
package rules.workloads.replicas_with_hpa

import data.lib.documents
import data.lib.finding

# What an autoscaler scales.
subjects contains scaled.resource if some scaled in _scaled

deny contains found if {
	some scaled in _scaled
	scaled.resource.content.spec.replicas != null
	found := finding.about(scaled.resource, {
		"msg": sprintf("sets replicas, and %s %s scales it", [scaled.by.kind, scaled.by.name]),
		"fix": "remove replicas; state the least number in the autoscaler",
		"path": "/spec/replicas",
		"remove": true,
	})
}

_scaled := [{"by": scaler, "resource": resource} |
	some scaler in _scalers
	target := scaler.content.spec.scaleTargetRef
	some resource in documents.resources
	resource.name == target.name
	resource.namespace == scaler.namespace
	resource.kind == object.get(target, "kind", "Deployment")
]

_scalers := array.concat(
	documents.of("autoscaling", "HorizontalPodAutoscaler"),
	documents.of("keda.sh", "ScaledObject"),
)
