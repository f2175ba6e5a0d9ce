package rules.autoscaling.bounds_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.autoscaling.bounds

_hpa(spec) := examples.combined([_scaler(spec)])

_scaler(spec) := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", "cart", {"spec": spec})

_keda(spec) := examples.combined([examples.resource("keda.sh/v1alpha1", "ScaledObject", "cart", {"spec": spec})])

test_accepts_bounds_in_order if {
	assert.none(bounds.deny) with input as _hpa({"minReplicas": 2, "maxReplicas": 2})
	assert.none(bounds.deny) with input as _hpa({"maxReplicas": 1})
	assert.none(bounds.deny) with input as _keda({"idleReplicaCount": 0, "minReplicaCount": 1})
}

test_denies_a_least_above_the_most if {
	assert.messages(bounds.deny, {
		"HorizontalPodAutoscaler/cart: has a minimum of 3 replicas, above its maximum of 2",
	}) with input as _hpa({"minReplicas": 3, "maxReplicas": 2})
	assert.messages(bounds.deny, {
		"HorizontalPodAutoscaler/cart: has a minimum of 2 replicas, above its maximum of 1",
	}) with input as _hpa({"minReplicas": 2, "maxReplicas": 1})
}

test_denies_no_replicas if {
	assert.messages(bounds.deny, {
		"HorizontalPodAutoscaler/cart: allows no replicas: maxReplicas is null",
	}) with input as _hpa({"minReplicas": 3})
	assert.messages(bounds.deny, {
		"ScaledObject/cart: allows no replicas: maxReplicaCount is 0",
	}) with input as _keda({"maxReplicaCount": 0})
}

test_denies_an_idle_number_above_the_least if {
	assert.messages(bounds.deny, {
		"ScaledObject/cart: has 1 replicas when idle, which is not below its minimum of 1",
	}) with input as _keda({"idleReplicaCount": 1, "minReplicaCount": 1})
}

test_leaves_an_idle_number_that_is_none_to_its_schema if {
	assert.none(bounds.deny) with input as _keda({"idleReplicaCount": "0", "minReplicaCount": 1})
}

test_warns_of_a_minimum_that_is_the_maximum if {
	assert.messages(bounds.warn, {
		"HorizontalPodAutoscaler/cart: never scales: its minimum and its maximum are 2 replicas",
	}) with input as _hpa({"minReplicas": 2, "maxReplicas": 2})
	assert.size(bounds.warn, 1) with input as _hpa({"maxReplicas": 1})
	assert.size(bounds.warn, 1) with input as _keda({"minReplicaCount": 3, "maxReplicaCount": 3})
}

test_does_not_warn_of_what_scales if {
	assert.none(bounds.warn) with input as _hpa({"minReplicas": 1, "maxReplicas": 2})
	assert.none(bounds.warn) with input as _hpa({"minReplicas": 3, "maxReplicas": 2})
	assert.none(bounds.warn) with input as _keda({"idleReplicaCount": 0, "minReplicaCount": 3, "maxReplicaCount": 3})
	assert.none(bounds.warn) with input as _keda({})
}
