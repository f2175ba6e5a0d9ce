# METADATA
# title: Maximum number of pods
# description: How many pods each workload can have at the same time, at its maximum scale and during a rollout.
package lib.max_pod_count

import data.lib.pods
import data.lib.scaling
import data.lib.values

# The pod template of each workload with its number of pods. A DaemonSet has a pod for each node. The table `cluster`
# contains the number of nodes.
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

# A Job does not run more pods than it has completions.
_parallel(job) := min([parallelism, object.get(values.map(job), "completions", parallelism)]) if {
	parallelism := object.get(values.map(job), "parallelism", 1)
}

# If runs may overlap, assume that one is still running when the next one starts.
_runs("Allow") := 2

_runs(policy) := 1 if policy != "Allow"

# The pods that a rollout adds, rounded up: https://pkg.go.dev/k8s.io/api/apps/v1#RollingUpdateDeployment
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
