# METADATA
# title: Scaling
# description: |
#   How many replicas a workload can have: from its own spec, or from its HorizontalPodAutoscaler or ScaledObject, with
#   the defaults of Kubernetes and KEDA.
package lib.scaling

import data.lib.documents
import data.lib.values

# Every autoscaler: its target, limits, utilization and behavior.
scalers := array.concat(_by_kubernetes, _by_keda)

_by_kubernetes := [scaler |
	some resource in documents.of("autoscaling", "HorizontalPodAutoscaler")
	spec := values.map(values.at(resource.content, ["spec"]))
	scaler := {
		"behavior": values.map(values.at(spec, ["behavior"])),
		"behavior_path": "/spec/behavior",
		"least": object.get(spec, "minReplicas", 1),
		"least_path": "/spec/minReplicas",
		"most": values.at(spec, ["maxReplicas"]),
		"most_path": "/spec/maxReplicas",
		"resource": resource,
		"target": _target(spec, "", ""),
		"utilization": {[metric.resource.name, metric.resource.target.averageUtilization] |
			some metric in values.list(values.at(spec, ["metrics"]))
			metric.type == "Resource"
			metric.resource.target.type == "Utilization"
		},
	}
]

_by_keda := [scaler |
	some resource in documents.of("keda.sh", "ScaledObject")
	spec := values.map(values.at(resource.content, ["spec"]))
	scaler := {
		"behavior": values.map(values.at(spec, ["advanced", "horizontalPodAutoscalerConfig", "behavior"])),
		"behavior_path": "/spec/advanced/horizontalPodAutoscalerConfig/behavior",
		"least": object.get(spec, "minReplicaCount", 0),
		"least_path": "/spec/minReplicaCount",
		"most": object.get(spec, "maxReplicaCount", 100),
		"most_path": "/spec/maxReplicaCount",
		"resource": resource,
		"target": _target(spec, "apps", "Deployment"),
		"utilization": {[trigger.type, to_number(trigger.metadata.value)] |
			some trigger in values.list(values.at(spec, ["triggers"]))
			trigger.type in {"cpu", "memory"}
			object.get(trigger, "metricType", "Utilization") == "Utilization"
		},
	}
]

# The target of an autoscaler, with the default group and kind.
_target(spec, group, kind) := {
	"group": _group(values.at(spec, ["scaleTargetRef", "apiVersion"]), group),
	"kind": object.get(spec, ["scaleTargetRef", "kind"], kind),
	"name": object.get(spec, ["scaleTargetRef", "name"], ""),
}

_group(version, default_group) := split(version, "/")[0] if {
	contains(version, "/")
} else := "" if {
	is_string(version)
} else := default_group

# The autoscalers of a workload.
of(resource) := [scaler |
	some scaler in scalers
	scaler.target.name == resource.name
	scaler.target.kind == resource.kind
	scaler.resource.namespace == resource.namespace
]

# The minimum and maximum number of replicas of a workload that can be scaled. Undefined for other workloads and invalid
# numbers.
least(resource) := min([scaler.least | some scaler in of(resource)])

least(resource) := _replicas(resource) if count(of(resource)) == 0

most(resource) := max([scaler.most | some scaler in of(resource)])

most(resource) := _replicas(resource) if count(of(resource)) == 0

_replicas(resource) := replicas if {
	resource.kind in {"Deployment", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"}
	replicas := object.get(resource.content, ["spec", "replicas"], 1)
	is_number(replicas)
}

# A number, or a percentage of a total rounded up: https://pkg.go.dev/k8s.io/apimachinery/pkg/util/intstr
up(amount, total) := ceil((percentage * total) / 100) if {
	regex.match(`^[0-9]+%$`, amount)
	percentage := to_number(trim_suffix(amount, "%"))
}

up(amount, _) := amount if is_number(amount)
