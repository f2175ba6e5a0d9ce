package rules.workloads.resources_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.resources

test_accepts_the_example if {
	assert.none(resources.deny) with input as examples.deployment({})
}

test_accepts_amounts_that_are_numbers if {
	target := examples.server({"resources": {"requests": {"cpu": 1}, "limits": {"cpu": 1.5}}})
	assert.none(resources.deny) with input as target
}

test_denies_a_missing_setting if {
	target := examples.deployment({"containers": [examples.container_without("resources")]})
	assert.messages(resources.deny, {concat("", [
		"Deployment/cart: container server lacks a valid value for resources.",
		"requests.cpu, requests.memory, limits.cpu, limits.memory",
	])}) with input as target
}

test_accepts_what_the_pod_states_as_a_whole if {
	whole := {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "2"}}
	target := examples.deployment({"containers": [examples.container_without("resources")], "resources": whole})
	assert.messages(resources.deny, {
		"Deployment/cart: container server lacks a valid value for resources.limits.memory",
	}) with input as target
}

test_denies_amounts_that_are_none if {
	target := examples.server({"resources": {"requests": {"cpu": "much"}, "limits": {"memory": "lots"}}})
	assert.messages(resources.deny, {
		"Deployment/cart: container server lacks a valid value for resources.requests.cpu, limits.memory",
	}) with input as target
}

test_denies_requests_above_limits if {
	target := examples.server({"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "1G"}}})
	assert.messages(resources.deny, {
		"Deployment/cart: container server requests more memory (1Gi) than its limit (1G)",
	}) with input as target
}

test_denies_in_every_kind_and_list_but_ephemeral if {
	bad := examples.container_without("resources/limits/memory")
	every list in ["containers", "initContainers"] {
		target := examples.every_kind(object.union(examples.pod_spec, {list: [bad]}))
		assert.same(examples.names(resources.deny), examples.kinds) with input as target
	}
	assert.none(resources.deny) with input as examples.deployment({"ephemeralContainers": [bad]})
}

test_compares_both_resources_and_accepts_the_same if {
	every resource in ["cpu", "memory"] {
		same := {"resources": {"requests": {resource: "3"}, "limits": {resource: "3"}}}
		assert.none(resources.deny) with input as examples.server(same)
		more := {"resources": {"requests": {resource: "4"}, "limits": {resource: "3"}}}
		assert.messages(resources.deny, {
			sprintf("Deployment/cart: container server requests more %s (4) than its limit (3)", [resource]),
		}) with input as examples.server(more)
	}
}
