package rules.workloads.pod_template_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.pod_template

test_accepts_the_example_in_every_kind if {
	assert.none(pod_template.deny) with input as examples.every_kind(examples.pod_spec)
}

test_denies_a_pod_without_containers if {
	every nothing in [{}, {"containers": []}, {"containers": "server"}, {"containers": null}, "server"] {
		target := examples.combined([examples.workload("Deployment", nothing)])
		assert.messages(pod_template.deny, {"Deployment/cart: the pod has no containers"}) with input as target
	}
}

test_denies_init_containers_that_are_not_a_list if {
	assert.messages(pod_template.deny, {
		"Deployment/cart: initContainers is not a list",
	}) with input as examples.deployment({"initContainers": {"name": "server"}})
}

test_accepts_init_containers_that_are_null if {
	assert.none(pod_template.deny) with input as examples.deployment({"initContainers": null})
}

test_denies_elements_that_are_not_containers if {
	assert.messages(pod_template.deny, {
		"Deployment/cart: element 1 of containers is not a container with a name",
		"Deployment/cart: element 0 of initContainers is not a container with a name",
	}) with input as examples.deployment({
		"containers": [examples.container, "server"],
		"initContainers": [{"image": "a:1"}],
	})
}

test_leaves_a_borrowed_template_to_its_owner if {
	rollout := examples.resource("argoproj.io/v1alpha1", "Rollout", "cart", {"spec": {"workloadRef": {"name": "cart"}}})
	assert.none(pod_template.deny) with input as examples.combined([rollout])
}

test_asks_the_same_of_ephemeral_containers if {
	assert.messages(pod_template.deny, {
		"Deployment/cart: ephemeralContainers is not a list",
	}) with input as examples.deployment({"ephemeralContainers": "debug"})
	assert.messages(pod_template.deny, {
		"Deployment/cart: element 0 of ephemeralContainers is not a container with a name",
	}) with input as examples.deployment({"ephemeralContainers": ["debug"]})
}
