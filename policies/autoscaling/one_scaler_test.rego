package rules.autoscaling.one_scaler_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.autoscaling.one_scaler

_hpa(name) := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", name, {"spec": {
	"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
}})

_keda := examples.resource("keda.sh/v1alpha1", "ScaledObject", "queue", {"spec": {"scaleTargetRef": {"name": "cart"}}})

test_accepts_one_each if {
	assert.none(one_scaler.deny) with input as examples.combined([_hpa("web"), _keda])
}

test_accepts_the_same_name_elsewhere if {
	elsewhere := object.union(_hpa("cart"), {"metadata": {"namespace": "else"}})
	assert.none(one_scaler.deny) with input as examples.combined([elsewhere, _keda])
}

test_denies_two if {
	scaled := "Deployment cart has more than one autoscaler: HorizontalPodAutoscaler cart, ScaledObject queue"
	assert.messages(one_scaler.deny, {
		sprintf("HorizontalPodAutoscaler/cart: %s", [scaled]),
		sprintf("ScaledObject/queue: %s", [scaled]),
	}) with input as examples.combined([_hpa("cart"), _keda])
}
