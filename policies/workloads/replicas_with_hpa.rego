# METADATA
# title: Autoscaled workloads do not set replicas
# description: |
#   If both the manifest and an autoscaler set the number of replicas, each sync undoes the autoscaler. A sync at peak
#   load would scale the workload down.
# custom:
#   id: workloads.replicas_with_hpa
#   profile: general
#   general: warn
#   subjects: own
#   severity: high
#   fix: "remove replicas, and set the minimum in minReplicas of the autoscaler"
#   docs: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
package rules.workloads.replicas_with_hpa

import data.lib.documents
import data.lib.finding

# The resources that an autoscaler scales.
subjects contains scaled.resource if some scaled in _scaled

deny contains found if {
	some scaled in _scaled
	scaled.resource.content.spec.replicas != null
	found := finding.about(scaled.resource, {
		"msg": sprintf("sets replicas, but %s %s scales it", [scaled.by.kind, scaled.by.name]),
		"fix": "remove replicas, and set the minimum in the autoscaler",
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
