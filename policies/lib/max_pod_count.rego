# METADATA
# title: Demand
# description: How many pods each workload may have at once, when it is scaled to its most and rolls.
package lib.max_pod_count

import data.lib.pods
import data.lib.scaling
import data.lib.values

# Each workload's pod template with its number of pods. A DaemonSet has as many as there are nodes, which is known
# where the table `cluster` says it.
templates := [object.union(pod, {"number": of(pod.resource)}) |
	some pod in pods.templates
]

unknown := [pod |
	some pod in pods.templates
	pod.resource.kind != "PodTemplate"
	not of(pod.resource)
]

of(resource) := most + _surge(resource, most) if most := scaling.most(resource)

of(resource) := 1 if resource.kind == "Pod"

of(resource) := data.cluster.nodes + scaling.up(surge, data.cluster.nodes) if {
	resource.kind == "DaemonSet"
	surge := object.get(resource.content, ["spec", "updateStrategy", "rollingUpdate", "maxSurge"], 0)
}

of(resource) := _parallel(values.at(resource.content, ["spec"])) if resource.kind == "Job"

of(resource) := runs * _parallel(values.at(resource.content, ["spec", "jobTemplate", "spec"])) if {
	resource.kind == "CronJob"
	runs := _runs(object.get(resource.content, ["spec", "concurrencyPolicy"], "Allow"))
}

of(resource) := most * _parallel(values.at(resource.content, ["spec", "jobTargetRef"])) if {
	resource.kind == "ScaledJob"
	most := object.get(resource.content, ["spec", "maxReplicaCount"], 100)
}

# A Job runs no more pods than it has to complete.
_parallel(job) := min([parallelism, object.get(values.map(job), "completions", parallelism)]) if {
	parallelism := object.get(values.map(job), "parallelism", 1)
}

# Where runs may overlap, one is likely not done when the next begins.
_runs("Allow") := 2

_runs(policy) := 1 if policy != "Allow"

# What a rollout adds, rounded up: https://pkg.go.dev/k8s.io/api/apps/v1#RollingUpdateDeployment
_surge(resource, most) := scaling.up(surge, most) if {
	resource.kind == "Deployment"
	object.get(resource.content, ["spec", "strategy", "type"], "RollingUpdate") == "RollingUpdate"
	surge := object.get(resource.content, ["spec", "strategy", "rollingUpdate", "maxSurge"], "25%")
} else := most if {
	resource.content.spec.strategy.blueGreen
} else := scaling.up(surge, most) if {
	resource.kind == "Rollout"
	surge := object.get(resource.content, ["spec", "strategy", "canary", "maxSurge"], "25%")
} else := 0
