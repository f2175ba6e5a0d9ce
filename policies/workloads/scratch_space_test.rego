package rules.workloads.scratch_space_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.scratch_space

_strict := {"shop": ["conventions"]}

_bounded := object.union(examples.container, {"resources": {
	"requests": {"ephemeral-storage": "16Mi"},
	"limits": {"ephemeral-storage": "64Mi"},
}})

_pod(volumes) := examples.deployment({"containers": [_bounded], "volumes": volumes})

test_accepts_bounded_space if {
	volumes := [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}, {"name": "config", "configMap": {}}]
	assert.none(scratch_space.deny) with input as _pod(volumes) with data.strict as _strict
}

test_denies_a_container_without_bounds if {
	assert.messages(scratch_space.deny, {
		"Deployment/cart: container server does not set ephemeral-storage in requests, limits",
	}) with input as examples.deployment({}) with data.strict as _strict
}

test_denies_a_volume_without_bounds if {
	every volume in [{"name": "tmp", "emptyDir": {}}, {"name": "tmp", "emptyDir": {"sizeLimit": "0"}}] {
		assert.messages(scratch_space.deny, {
			"Deployment/cart: volume tmp is an emptyDir without a sizeLimit",
		}) with input as _pod([volume]) with data.strict as _strict
	}
}

test_asks_nothing_of_ephemeral_containers if {
	spec := {"containers": [_bounded], "ephemeralContainers": [examples.container]}
	assert.none(scratch_space.deny) with input as examples.deployment(spec) with data.strict as _strict
}

test_warns_elsewhere if {
	assert.size(scratch_space.warn, 1) with input as examples.deployment({})
	assert.none(scratch_space.deny) with input as examples.deployment({})
}

test_does_not_warn_where_strict if {
	assert.none(scratch_space.warn) with input as examples.deployment({}) with data.strict as _strict
}

test_denies_a_container_with_one_bound if {
	half := object.union(examples.container, {"resources": {"requests": {"ephemeral-storage": "16Mi"}}})
	assert.messages(scratch_space.deny, {
		"Deployment/cart: container server does not set ephemeral-storage in limits",
	}) with input as examples.deployment({"containers": [half]}) with data.strict as _strict
}
