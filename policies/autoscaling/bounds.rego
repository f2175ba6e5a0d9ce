# METADATA
# title: The minimum of an autoscaler is not above its maximum
# description: |
#   The API server rejects an autoscaler with a minimum above its maximum, or a maximum of 0. The idle number of
#   replicas of a ScaledObject must be below its minimum. If the minimum equals the maximum, the autoscaler never
#   scales.
#   The rule warns of that.
# custom:
#   id: autoscaling.bounds
#   profile: general
#   subjects: [autoscaling/HorizontalPodAutoscaler, keda.sh/ScaledObject]
#   severity: high
#   fix: "set a minimum that is not above the maximum"
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
		"msg": sprintf("has a minimum of %v replicas, above its maximum of %v", [scaler.least, scaler.most]),
		"fix": sprintf("lower the minimum to %v, or raise the maximum", [scaler.most]),
		"path": scaler.least_path,
	})
}

deny contains found if {
	some scaler in scaling.scalers
	not scaler.most >= 1
	found := finding.about(scaler.resource, {
		"msg": sprintf("allows no replicas: %s is %v", [trim_prefix(scaler.most_path, "/spec/"), scaler.most]),
		"fix": "set the maximum number of replicas",
		"path": scaler.most_path,
	})
}

deny contains found if {
	some scaler in scaling.scalers
	idle := values.at(scaler.resource.content, ["spec", "idleReplicaCount"])
	is_number(idle)
	idle >= scaler.least
	found := finding.about(scaler.resource, {
		"msg": sprintf("has %v replicas when idle, which is not below its minimum of %v", [idle, scaler.least]),
		"fix": "set idleReplicaCount: 0 and a minReplicaCount above it",
		"path": "/spec/idleReplicaCount",
	})
}

warn contains found if {
	some scaler in scaling.scalers
	scaler.least == scaler.most
	not _idles(scaler)
	found := finding.about(scaler.resource, {
		"msg": sprintf("never scales: its minimum and its maximum are %v replicas", [scaler.most]),
		"fix": "raise the maximum, or remove the autoscaler and set replicas",
		"path": scaler.most_path,
	})
}

# Between its idle number and the others it does scale.
_idles(scaler) if is_number(values.at(scaler.resource.content, ["spec", "idleReplicaCount"]))
