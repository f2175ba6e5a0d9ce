package rules.secrets.demo_sealed_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.secrets.demo_sealed

_sealed(annotations) := examples.combined([{
	"apiVersion": "bitnami.com/v1alpha1",
	"kind": "SealedSecret",
	"metadata": {"name": "cart", "namespace": "shop", "annotations": annotations},
}])

_demo := {"shop.example/demo": "true"}

_table := {"annotation": "shop.example/demo"}

test_accepts_values_of_ones_own if {
	own := [{}, {"shop.example/demo": "false"}, null]
	every annotations in own {
		assert.none(demo_sealed.deny) with input as _sealed(annotations)
			with data.demo as _table
			with data.target as {"live": true}
		assert.none(demo_sealed.warn) with input as _sealed(annotations) with data.demo as _table
	}
}

test_accepts_a_target_without_secrets if {
	target := examples.combined([examples.workload("Deployment", examples.pod_spec)])
	assert.none(demo_sealed.deny | demo_sealed.warn) with input as target with data.demo as _table
}

test_warns_before_the_environment_is_live if {
	every target in [{"live": false}, {}, null] {
		assert.messages(demo_sealed.warn, {
			"Namespace/shop: SealedSecrets with demonstration values (1): cart",
		}) with input as _sealed(_demo) with data.demo as _table with data.target as target
		assert.none(demo_sealed.deny) with input as _sealed(_demo) with data.demo as _table with data.target as target
	}
}

test_denies_in_a_live_environment if {
	assert.messages(demo_sealed.deny, {
		"SealedSecret/cart: has demonstration values in a live environment",
	}) with input as _sealed(_demo) with data.demo as _table with data.target as {"live": true}
	assert.none(demo_sealed.warn) with input as _sealed(_demo) with data.demo as _table
		with data.target as {"live": true}
}
