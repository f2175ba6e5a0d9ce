package rules.delivery.destination_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.delivery.destination

_to(place) := examples.combined([examples.resource("argoproj.io/v1alpha1", "Application", "shop", {"spec": {
	"destination": place,
}})])

test_accepts_a_cluster_and_a_namespace if {
	assert.none(destination.deny) with input as _to({"server": "https://kubernetes.default.svc", "namespace": "shop"})
	assert.none(destination.deny) with input as _to({"name": "in-cluster", "namespace": "shop"})
}

test_denies_what_is_left_open if {
	assert.messages(destination.deny, {
		"Application/shop: sets no cluster",
		"Application/shop: sets no namespace",
	}) with input as _to(null)
}

test_denies_a_cluster_without_a_namespace if {
	assert.messages(destination.deny, {
		"Application/shop: sets no namespace",
	}) with input as _to({"name": "in-cluster"})
}

test_denies_two_clusters if {
	assert.messages(destination.deny, {
		"Application/shop: sets both server and name of its cluster",
	}) with input as _to({"server": "https://kubernetes.default.svc", "name": "other", "namespace": "shop"})
}
