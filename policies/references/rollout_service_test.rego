package rules.references.rollout_service_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.references.rollout_service

_rollout(strategy) := object.union(examples.workload("Rollout", examples.pod_spec), {"spec": {"strategy": strategy}})

_service := examples.resource("v1", "Service", "cart", {"spec": {}})

test_accepts_services_of_the_target if {
	target := examples.combined([_service, _rollout({"blueGreen": {"activeService": "cart"}})])
	assert.none(rollout_service.deny | rollout_service.warn) with input as target
}

test_denies_absent_services if {
	assert.messages(rollout_service.deny, {
		"Rollout/cart: uses Service cart-next (canaryService), which is not rendered",
	}) with input as examples.combined([
		_service,
		_rollout({"canary": {"stableService": "cart", "canaryService": "cart-next"}}),
	])
}

test_denies_it_in_every_field if {
	every strategy, fields in {
		"blueGreen": ["activeService", "previewService"],
		"canary": ["canaryService", "stableService"],
	} {
		every field in fields {
			found := rollout_service.deny with input as examples.combined([
				_service,
				_rollout({strategy: {field: "gone"}}),
			])
			assert.messages(found, {
				sprintf("Rollout/cart: uses Service gone (%s), which is not rendered", [field]),
			})
			assert.same({each.path | some each in found}, {concat("/", ["/spec/strategy", strategy, field])})
		}
	}
}

test_warns_where_no_service_is_kept if {
	assert.messages(rollout_service.warn, {
		"Rollout/cart: uses Service cart (activeService), which is not rendered",
	}) with input as examples.combined([_rollout({"blueGreen": {"activeService": "cart"}})])
}
