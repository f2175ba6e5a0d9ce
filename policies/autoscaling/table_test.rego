package rules.autoscaling.table_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.autoscaling.table

_down := {"stabilizationWindowSeconds": 300}

_rows := {"shop": {"cart": {"least": 2, "most": 4, "cpu": 70, "memory": 80, "scaleDown": _down}}}

_scaler(least, share) := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", "cart", {"spec": {
	"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"},
	"minReplicas": least,
	"maxReplicas": 4,
	"metrics": [{"type": "Resource", "resource": {
		"name": name,
		"target": {"type": "Utilization", "averageUtilization": amount},
	}} |
		some name, amount in {"cpu": share, "memory": 80}
	],
	"behavior": {"scaleDown": _down},
}})

_deployment := examples.workload("Deployment", examples.pod_spec)

test_accepts_what_the_table_says if {
	target := examples.combined([_deployment, _scaler(2, 70)])
	assert.none(table.deny) with input as target with data.autoscaling as _rows
}

test_accepts_a_higher_minimum if {
	target := examples.combined([_deployment, _scaler(3, 70)])
	assert.none(table.deny) with input as target with data.autoscaling as _rows
}

test_accepts_what_is_not_in_the_table if {
	target := examples.combined([_deployment, _scaler(1, 99)])
	assert.none(table.deny) with input as target with data.autoscaling as {"else": {}}
}

test_denies_what_differs if {
	assert.messages(table.deny, {
		"HorizontalPodAutoscaler/cart: differs from the table `autoscaling`: cpu is not 70; least is below 2",
	}) with input as examples.combined([_deployment, _scaler(1, 80)]) with data.autoscaling as _rows
	assert.messages(table.deny, {
		"HorizontalPodAutoscaler/cart: differs from the table `autoscaling`: least is below 2",
	}) with input as examples.combined([_deployment, _scaler(1, 70)]) with data.autoscaling as _rows
}

test_denies_what_nothing_scales if {
	elsewhere := object.union(_scaler(2, 70), {"metadata": {"namespace": "else"}})
	other := object.union(_scaler(2, 70), {"spec": {"scaleTargetRef": {"name": "other"}}})
	assert.messages(table.deny, {
		"Namespace/shop: the table `autoscaling` lists cart, which has no autoscaler",
	}) with input as examples.combined([_deployment, elsewhere, other]) with data.autoscaling as _rows
}
