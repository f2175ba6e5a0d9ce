package rules.workloads.naked_pods_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.naked_pods

test_accepts_workloads_and_owned_pods if {
	assert.none(naked_pods.warn) with input as examples.deployment({})
	owned := object.union(
		examples.workload("Pod", examples.pod_spec),
		{"metadata": {"ownerReferences": [{"kind": "Job", "name": "cart"}]}},
	)
	assert.none(naked_pods.warn) with input as examples.combined([owned])
}

test_warns_of_a_pod_on_its_own if {
	assert.messages(naked_pods.warn, {
		"Pod/cart: is a bare Pod, and nothing recreates it",
	}) with input as examples.combined([examples.workload("Pod", examples.pod_spec)])
}
