package rules.delivery.sync_policy_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.delivery.sync_policy

_application(automated) := examples.combined([examples.resource("argoproj.io/v1alpha1", "Application", "shop", {
	"spec": {"syncPolicy": {"automated": automated}},
})])

_whole := {"enabled": true, "prune": true, "selfHeal": true}

test_accepts_all_of_it_and_none_of_it if {
	assert.none(sync_policy.deny) with input as _application(_whole)
	assert.none(sync_policy.deny) with input as _application({"enabled": false})
}

test_denies_what_is_left_open if {
	every automated in [null, {}] {
		assert.messages(sync_policy.deny, {
			"Application/shop: does not set automated.enabled",
		}) with input as _application(automated)
	}
}

test_denies_half_of_it if {
	every field in ["prune", "selfHeal"] {
		assert.messages(sync_policy.deny, {
			sprintf("Application/shop: syncs automatically without %s", [field]),
		}) with input as _application(object.union(_whole, {field: false}))
	}
}

test_denies_deleting_everything if {
	assert.messages(sync_policy.deny, {
		"Application/shop: deletes everything if nothing is rendered (allowEmpty)",
	}) with input as _application(object.union(_whole, {"allowEmpty": true}))
}
