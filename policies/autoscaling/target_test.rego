package rules.autoscaling.target_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.autoscaling.target

_scaler(version, name) := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", "cart", {"spec": {
	"scaleTargetRef": {"apiVersion": version, "kind": "Deployment", "name": name},
}})

_deployment := examples.workload("Deployment", examples.pod_spec)

test_accepts_a_workload_of_the_target if {
	assert.none(target.deny | target.warn) with input as examples.combined([_scaler("apps/v1", "cart"), _deployment])
}

test_denies_an_absent_workload if {
	assert.messages(target.deny, {
		"HorizontalPodAutoscaler/cart: scales apps/Deployment web, which is not rendered",
	}) with input as examples.combined([_scaler("apps/v1", "web"), _deployment])
}

test_denies_a_workload_of_another_group if {
	assert.messages(target.deny, {
		"HorizontalPodAutoscaler/cart: scales extensions/Deployment cart, which is not rendered",
	}) with input as examples.combined([_scaler("extensions/v1beta1", "cart"), _deployment])
}

test_warns_where_no_such_kind_is_kept if {
	assert.messages(target.warn, {
		"HorizontalPodAutoscaler/cart: scales example/Deployment web, which is not rendered",
	}) with input as examples.combined([_scaler("example/v1", "web"), _deployment])
	elsewhere := object.union(_deployment, {"metadata": {"namespace": "else"}})
	assert.messages(target.warn, {
		"HorizontalPodAutoscaler/cart: scales example/Deployment cart, which is not rendered",
	}) with input as examples.combined([_scaler("example/v1", "cart"), elsewhere])
}
