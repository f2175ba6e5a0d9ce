package lib.scaling_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.scaling

_hpa(spec) := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", "cart-scaler", {"spec": object.union(
	{"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"}},
	spec,
)})

_keda(spec) := examples.resource("keda.sh/v1alpha1", "ScaledObject", "cart-queue", {"spec": object.union(
	{"scaleTargetRef": {"name": "cart"}},
	spec,
)})

_cart := {"kind": "Deployment", "name": "cart", "namespace": "shop", "content": {"spec": {"replicas": 3}}}

_share := {"type": "Utilization", "averageUtilization": 70}

test_an_autoscaler_says_how_far_and_by_what if {
	cpu := {"type": "Resource", "resource": {"name": "cpu", "target": _share}}
	[found] := scaling.scalers with input as examples.combined([_hpa({"maxReplicas": 5, "metrics": [cpu]})])
	assert.same([found.least, found.most, found.utilization], [1, 5, {["cpu", 70]}])
	assert.same(found.target, {"group": "apps", "kind": "Deployment", "name": "cart"})
	assert.same([found.behavior_path, found.least_path, found.most_path], [
		"/spec/behavior", "/spec/minReplicas", "/spec/maxReplicas",
	])
}

test_keda_says_how_far_and_by_what if {
	triggers := [
		{"type": "cpu", "metadata": {"value": "70"}},
		{"type": "memory", "metadata": {"value": "60"}},
		{"type": "memory", "metricType": "AverageValue", "metadata": {"value": "80"}},
		{"type": "rabbitmq", "metadata": {"value": "5"}},
	]
	behavior := {"scaleDown": {"selectPolicy": "Disabled"}}
	[found] := scaling.scalers with input as examples.combined([_keda({
		"triggers": triggers,
		"advanced": {"horizontalPodAutoscalerConfig": {"behavior": behavior}},
	})])
	assert.same([found.least, found.most, found.utilization], [0, 100, {["cpu", 70], ["memory", 60]}])
	assert.same(found.behavior, behavior)
	assert.same(found.target, {"group": "apps", "kind": "Deployment", "name": "cart"})
	assert.same([found.behavior_path, found.least_path, found.most_path], [
		"/spec/advanced/horizontalPodAutoscalerConfig/behavior", "/spec/minReplicaCount", "/spec/maxReplicaCount",
	])
}

# Without a version, Kubernetes uses the core group and KEDA uses a Deployment.
test_the_core_group_has_no_name if {
	every reference in [{"apiVersion": "v1", "kind": "Deployment"}, {"kind": "Deployment"}] {
		hpa := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", "cart", {"spec": {"scaleTargetRef": reference}})
		[found] := scaling.scalers with input as examples.combined([hpa])
		assert.same(found.target, {"group": "", "kind": "Deployment", "name": ""})
	}
	nameless := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", "cart", {"spec": {}})
	[found] := scaling.scalers with input as examples.combined([nameless])
	assert.same(found.target, {"group": "", "kind": "", "name": ""})
}

test_keda_scales_other_kinds_too if {
	reference := {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}
	[found] := scaling.scalers with input as examples.combined([_keda({"scaleTargetRef": reference})])
	assert.same(found.target, {"group": "argoproj.io", "kind": "Rollout", "name": "cart"})
}

test_an_autoscaler_counts_before_the_workload if {
	target := examples.combined([_hpa({"minReplicas": 2, "maxReplicas": 5})])
	assert.same([scaling.least(_cart), scaling.most(_cart)], [2, 5]) with input as target
	every other in [{"namespace": "else"}, {"name": "web"}, {"kind": "StatefulSet"}] {
		unscaled := object.union(_cart, other)
		assert.same([scaling.least(unscaled), scaling.most(unscaled)], [3, 3]) with input as target
	}
}

test_one_replica_is_the_default if {
	unsaid := object.union(_cart, {"content": {"spec": {"replicas": 1}}})
	assert.same(scaling.least(unsaid), 1) with input as []
	assert.same(scaling.most(object.union(object.remove(unsaid, ["content"]), {"content": {}})), 1) with input as []
}

test_every_kind_with_replicas_has_a_number if {
	every kind in ["Deployment", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"] {
		assert.same(scaling.most(object.union(_cart, {"kind": kind})), 3) with input as []
	}
}

test_what_has_no_replicas_has_no_number if {
	not scaling.least(object.union(_cart, {"kind": "DaemonSet"})) with input as []
	not scaling.most(object.union(_cart, {"content": {"spec": {"replicas": "3"}}})) with input as []
}

test_percentages_are_rounded_up if {
	assert.same(scaling.up(2, 10), 2)
	assert.same(scaling.up("25%", 4), 1)
	assert.same(scaling.up("25%", 5), 2)
	assert.same(scaling.up("0%", 5), 0)
	not scaling.up("5", 5)
	not scaling.up(null, 5)
}
