package lib.demand_test

import data.lib.demand
import data.lib.examples_test as examples

_is(kind, spec) := {"kind": kind, "name": "cart", "namespace": "shop", "content": {"spec": spec}}

test_a_rollout_adds_its_surge_rounded_up if {
	demand.number(_is("Deployment", {"replicas": 5})) == 7 with input as []
	surge := {"rollingUpdate": {"maxSurge": 1}}
	demand.number(_is("Deployment", {"replicas": 5, "strategy": surge})) == 6 with input as []
	demand.number(_is("Deployment", {"replicas": 5, "strategy": {"type": "Recreate"}})) == 5 with input as []
	demand.number(_is("StatefulSet", {"replicas": 5})) == 5 with input as []
}

test_a_canary_adds_its_surge_and_blue_green_everything if {
	demand.number(_is("Rollout", {"replicas": 4, "strategy": {"canary": {}}})) == 5 with input as []
	surge := {"canary": {"maxSurge": 2}}
	demand.number(_is("Rollout", {"replicas": 4, "strategy": surge})) == 6 with input as []
	demand.number(_is("Rollout", {"replicas": 4, "strategy": {"blueGreen": {}}})) == 8 with input as []
}

test_an_autoscaler_says_the_most if {
	scaler := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", "cart", {"spec": {
		"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"},
		"maxReplicas": 8,
	}})
	demand.number(_is("Deployment", {})) == 10 with input as examples.combined([scaler])
}

test_jobs_run_in_parallel if {
	demand.number(_is("Pod", {})) == 1 with input as []
	demand.number(_is("Job", {})) == 1 with input as []
	demand.number(_is("Job", {"parallelism": 3, "completions": 2})) == 2 with input as []
	job := {"spec": {"parallelism": 3}}
	demand.number(_is("CronJob", {"jobTemplate": job})) == 6 with input as []
	demand.number(_is("CronJob", {"jobTemplate": job, "concurrencyPolicy": "Forbid"})) == 3 with input as []
	demand.number(_is("ScaledJob", {})) == 100 with input as []
	demand.number(_is("ScaledJob", {"maxReplicaCount": 5, "jobTargetRef": {"parallelism": 2}})) == 10 with input as []
}

test_a_daemon_set_has_a_pod_on_each_node if {
	demand.number(_is("DaemonSet", {})) == 3 with input as [] with data.cluster as {"nodes": 3}
	surge := {"updateStrategy": {"rollingUpdate": {"maxSurge": "50%"}}}
	demand.number(_is("DaemonSet", surge)) == 5 with input as [] with data.cluster as {"nodes": 3}
	demand.number(_is("StatefulSet", {"replicas": 5})) == 5 with input as [] with data.cluster as {"nodes": 3}
}

test_how_many_pods_a_daemon_set_has_is_not_known if {
	target := examples.combined([
		examples.workload("DaemonSet", examples.pod_spec),
		examples.workload("PodTemplate", examples.pod_spec),
		examples.workload("Deployment", examples.pod_spec),
	])
	[pod.resource.kind | some pod in demand.unknown] == ["DaemonSet"] with input as target
	[[pod.resource.kind, pod.number] | some pod in demand.all_pods] == [["Deployment", 2]] with input as target
}
