package rules.workloads.probes_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.probes

test_accepts_both if {
	assert.none(probes.deny) with input as examples.deployment({})
}

test_denies_a_missing_setting if {
	bare := json.remove(examples.container, ["livenessProbe", "readinessProbe"])
	assert.messages(probes.deny, {
		"Deployment/cart: container server has no livenessProbe",
		"Deployment/cart: container server has no readinessProbe",
	}) with input as examples.deployment({"containers": [bare]})
}

test_denies_a_probe_that_asks_nothing if {
	idle := object.union(examples.container_without("readinessProbe"), {"readinessProbe": {"periodSeconds": 5}})
	assert.size(probes.deny, 1) with input as examples.deployment({"containers": [idle]})
}

test_denies_in_every_long_running_kind if {
	bad := examples.container_without("livenessProbe")
	spec := object.union(examples.pod_spec, {"containers": [bad]})
	every kind in ["DaemonSet", "Deployment", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"] {
		assert.size(probes.deny, 1) with input as examples.combined([examples.workload(kind, spec)])
	}
}

test_asks_neither_jobs_nor_init_containers if {
	bare := json.remove(examples.container, ["livenessProbe", "readinessProbe"])
	every kind in ["CronJob", "Job", "PodTemplate"] {
		spec := object.union(examples.pod_spec, {"containers": [bare]})
		assert.none(probes.deny) with input as examples.combined([examples.workload(kind, spec)])
	}
	assert.none(probes.deny) with input as examples.deployment({"initContainers": [bare]})
}

test_accepts_every_kind_of_question if {
	every handler in ["exec", "grpc", "httpGet", "tcpSocket"] {
		asked := {"name": "server", "livenessProbe": {handler: {}}, "readinessProbe": {handler: {}}}
		assert.none(probes.deny) with input as examples.deployment({"containers": [asked]})
	}
}

_pod(spec, metadata) := examples.combined([object.union(
	examples.workload("Pod", object.union_n([
		examples.pod_spec,
		{"containers": [examples.container_without("livenessProbe")]},
		spec,
	])),
	{"metadata": metadata},
)])

test_asks_bare_pods_that_are_always_restarted if {
	every spec in [{}, {"restartPolicy": "Always"}] {
		assert.messages(probes.deny, {
			"Pod/cart: container server has no livenessProbe",
		}) with input as _pod(spec, {})
	}
	every policy in ["Never", "OnFailure"] {
		assert.none(probes.deny) with input as _pod({"restartPolicy": policy}, {})
	}
	assert.none(probes.deny) with input as _pod({}, {"ownerReferences": [{"kind": "ReplicaSet", "name": "cart"}]})
}
