package rules.autoscaling.behavior_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.autoscaling.behavior

_down := {"scaleDown": {"stabilizationWindowSeconds": 300}}

_both := object.union(_down, {"scaleUp": {"stabilizationWindowSeconds": 60}})

_hpa(spec) := examples.combined([_scaler(spec)])

_scaler(spec) := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", "cart", {"spec": spec})

test_accepts_both_directions if {
	assert.none(behavior.warn) with input as _hpa({"behavior": _both}) with data.strict as {}
	keda := {"spec": {"advanced": {"horizontalPodAutoscalerConfig": {"behavior": _both}}}}
	target := examples.combined([examples.resource("keda.sh/v1alpha1", "ScaledObject", "cart", keda)])
	assert.none(behavior.warn) with input as target
}

test_warns_of_what_is_left_out if {
	assert.messages(behavior.warn, {
		"HorizontalPodAutoscaler/cart: does not set its scaling speed: scaleUp",
	}) with input as _hpa({"behavior": _down}) with data.strict as {}
	assert.messages(behavior.warn, {
		"HorizontalPodAutoscaler/cart: does not set its scaling speed: scaleDown, scaleUp",
	}) with input as _hpa({}) with data.strict as {}
}

test_denies_it_where_conventions_are_strict if {
	assert.size(behavior.deny, 1) with input as _hpa({}) with data.strict as {"shop": ["conventions"]}
	assert.none(behavior.warn) with input as _hpa({}) with data.strict as {"shop": ["conventions"]}
}
