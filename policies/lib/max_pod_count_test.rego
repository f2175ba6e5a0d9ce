package lib.max_pod_count_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.max_pod_count

_is(kind, spec) := {"kind": kind, "name": "cart", "namespace": "shop", "content": {"spec": spec}}

test_a_rollout_adds_its_surge_rounded_up if {
	assert.same(max_pod_count.of(_is("Deployment", {"replicas": 5})), 7) with input as []
	surge := {"rollingUpdate": {"maxSurge": 1}}
	assert.same(max_pod_count.of(_is("Deployment", {"replicas": 5, "strategy": surge})), 6) with input as []
	assert.same(max_pod_count.of(_is("Deployment", {"replicas": 5, "strategy": {"type": "Recreate"}})), 5)
		with input as []
	assert.same(max_pod_count.of(_is("StatefulSet", {"replicas": 5})), 5) with input as []
}

test_a_canary_adds_its_surge_and_blue_green_everything if {
	assert.same(max_pod_count.of(_is("Rollout", {"replicas": 4, "strategy": {"canary": {}}})), 5) with input as []
	surge := {"canary": {"maxSurge": 2}}
	assert.same(max_pod_count.of(_is("Rollout", {"replicas": 4, "strategy": surge})), 6) with input as []
	assert.same(max_pod_count.of(_is("Rollout", {"replicas": 4, "strategy": {"blueGreen": {}}})), 8) with input as []
}

test_an_autoscaler_says_the_most if {
	scaler := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", "cart", {"spec": {
		"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"},
		"maxReplicas": 8,
	}})
	assert.same(max_pod_count.of(_is("Deployment", {})), 10) with input as examples.combined([scaler])
}

test_jobs_run_in_parallel if {
	assert.same(max_pod_count.of(_is("Pod", {})), 1) with input as []
	assert.same(max_pod_count.of(_is("Job", {})), 1) with input as []
	assert.same(max_pod_count.of(_is("Job", {"parallelism": 3, "completions": 2})), 2) with input as []
	job := {"spec": {"parallelism": 3}}
	assert.same(max_pod_count.of(_is("CronJob", {"jobTemplate": job})), 6) with input as []
	assert.same(max_pod_count.of(_is("CronJob", {"jobTemplate": job, "concurrencyPolicy": "Forbid"})), 3)
		with input as []
	assert.same(max_pod_count.of(_is("ScaledJob", {})), 100) with input as []
	assert.same(max_pod_count.of(_is("ScaledJob", {"maxReplicaCount": 5, "jobTargetRef": {"parallelism": 2}})), 10)
		with input as []
}

test_a_daemon_set_has_a_pod_on_each_node if {
	assert.same(max_pod_count.of(_is("DaemonSet", {})), 3) with input as [] with data.cluster as {"nodes": 3}
	surge := {"updateStrategy": {"rollingUpdate": {"maxSurge": "50%"}}}
	assert.same(max_pod_count.of(_is("DaemonSet", surge)), 5) with input as [] with data.cluster as {"nodes": 3}
	assert.same(max_pod_count.of(_is("StatefulSet", {"replicas": 5})), 5) with input as []
		with data.cluster as {"nodes": 3}
}

test_how_many_pods_a_daemon_set_has_is_not_known if {
	target := examples.combined([
		examples.workload("DaemonSet", examples.pod_spec),
		examples.workload("PodTemplate", examples.pod_spec),
		examples.workload("Deployment", examples.pod_spec),
	])
	assert.same([pod.resource.kind | some pod in max_pod_count.unknown], ["DaemonSet"]) with input as target
	assert.same([[pod.resource.kind, pod.number] | some pod in max_pod_count.templates], [["Deployment", 2]])
		with input as target
}
