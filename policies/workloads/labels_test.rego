package rules.workloads.labels_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.labels

_strict := {"shop": ["conventions"]}

_all := {
	"app.kubernetes.io/component": "service",
	"app.kubernetes.io/name": "cart",
	"app.kubernetes.io/part-of": "shop",
}

_deployment(own, of_pods) := examples.combined([{
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"metadata": {"name": "cart", "namespace": "shop", "labels": own},
	"spec": {"template": {"metadata": {"labels": of_pods}, "spec": examples.pod_spec}},
}])

test_accepts_all_labels if {
	assert.none(labels.deny) with input as _deployment(_all, _all) with data.strict as _strict
}

test_denies_a_missing_label_of_either if {
	less := object.remove(_all, ["app.kubernetes.io/name"])
	message := "Deployment/cart: the workload or its pods lack the labels app.kubernetes.io/name"
	assert.messages(labels.deny, {message}) with input as _deployment(_all, less) with data.strict as _strict
	assert.messages(labels.deny, {message}) with input as _deployment(less, _all) with data.strict as _strict
}

test_warns_elsewhere if {
	assert.size(labels.warn, 1) with input as _deployment(null, {})
	assert.none(labels.deny) with input as _deployment(null, {})
}

test_does_not_warn_where_strict if {
	assert.none(labels.warn) with input as _deployment(null, {}) with data.strict as _strict
}
