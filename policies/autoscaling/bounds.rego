# METADATA
# title: Autoscalers have a least number of replicas below their most
# description: |
#   The API server refuses an autoscaler whose least number of replicas exceeds its most, and one that may have no
#   replica at most. The idle number of a ScaledObject lies below its least.
# custom:
#   id: autoscaling.bounds
#   profile: general
#   subjects: [autoscaling/HorizontalPodAutoscaler, keda.sh/ScaledObject]
#   severity: high
#   fix: "write a least number of replicas that is not above the most"
#   docs: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/
package rules.autoscaling.bounds

import data.lib.finding
import data.lib.scaling
import data.lib.values

deny contains found if {
	some scaler in scaling.scalers
	scaler.most >= 1
	scaler.least > scaler.most
	found := finding.about(scaler.resource, {
		"msg": sprintf("has at least %v replicas and at most %v", [scaler.least, scaler.most]),
		"fix": sprintf("lower the least number to %v, or raise the most", [scaler.most]),
		"path": scaler.least_path,
	})
}

deny contains found if {
	some scaler in scaling.scalers
	not scaler.most >= 1
	found := finding.about(scaler.resource, {
		"msg": sprintf("may have no replica: %s is %v", [trim_prefix(scaler.most_path, "/spec/"), scaler.most]),
		"fix": "write how many replicas there may be at most",
		"path": scaler.most_path,
	})
}

deny contains found if {
	some scaler in scaling.scalers
	idle := values.at(scaler.resource.content, ["spec", "idleReplicaCount"])
	is_number(idle)
	idle >= scaler.least
	found := finding.about(scaler.resource, {
		"msg": sprintf("has %v replicas when idle, and at least %v otherwise", [idle, scaler.least]),
		"fix": "write idleReplicaCount: 0, and a minReplicaCount above it",
		"path": "/spec/idleReplicaCount",
	})
}
