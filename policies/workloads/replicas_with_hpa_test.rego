package rules.workloads.replicas_with_hpa_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.replicas_with_hpa

_scaler := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", "cart-scaler", {"spec": {"scaleTargetRef": {
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"name": "cart",
}}})

_keda_scaler := examples.resource("keda.sh/v1alpha1", "ScaledObject", "cart-queue", {"spec": {"scaleTargetRef": {
	"name": "cart",
}}})

_deployment(replicas) := object.union(
	examples.workload("Deployment", examples.pod_spec),
	{"spec": {"replicas": replicas}},
)

test_accepts_a_scaled_deployment_without_replicas if {
	target := examples.combined([_scaler, examples.workload("Deployment", examples.pod_spec)])
	assert.none(replicas_with_hpa.deny) with input as target
}

test_accepts_replicas_without_a_scaler if {
	assert.none(replicas_with_hpa.deny) with input as examples.combined([_deployment(2)])
}

test_denies_both if {
	assert.messages(replicas_with_hpa.deny, {
		"Deployment/cart: sets replicas, but HorizontalPodAutoscaler cart-scaler scales it",
	}) with input as examples.combined([_scaler, _deployment(0)])
}

test_denies_both_with_keda if {
	assert.messages(replicas_with_hpa.deny, {
		"Deployment/cart: sets replicas, but ScaledObject cart-queue scales it",
	}) with input as examples.combined([_keda_scaler, _deployment(2)])
}

test_accepts_a_scaler_of_another_namespace if {
	elsewhere := object.union(_scaler, {"metadata": {"namespace": "else"}})
	assert.none(replicas_with_hpa.deny) with input as examples.combined([elsewhere, _deployment(2)])
}

test_accepts_replicas_of_another_name_or_kind if {
	other := object.union(_deployment(2), {"metadata": {"name": "web"}})
	assert.none(replicas_with_hpa.deny) with input as examples.combined([_scaler, other])
	set := object.union(examples.workload("StatefulSet", examples.pod_spec), {"spec": {"replicas": 2}})
	assert.none(replicas_with_hpa.deny) with input as examples.combined([_scaler, set])
}

test_denies_it_of_every_kind_that_is_named if {
	scaler := object.union(_scaler, {"spec": {"scaleTargetRef": {"kind": "StatefulSet"}}})
	set := object.union(examples.workload("StatefulSet", examples.pod_spec), {"spec": {"replicas": 2}})
	found := replicas_with_hpa.deny with input as examples.combined([scaler, set])
	assert.messages(found, {"StatefulSet/cart: sets replicas, but HorizontalPodAutoscaler cart-scaler scales it"})
	assert.same(examples.autofixes(found), {"/spec/replicas": {"remove": true}})
}
