package rules.disruption.drain_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.disruption.drain

_target(kind, replicas, limits) := examples.combined([
	object.union(examples.workload(kind, examples.pod_spec), {"spec": {"replicas": replicas}}),
	examples.resource("policy/v1", "PodDisruptionBudget", "cart", {"spec": object.union(
		{"selector": {"matchLabels": {"app": "cart"}}},
		limits,
	)}),
])

test_accepts_budgets_that_let_one_pod_go if {
	every limits in [
		{"maxUnavailable": 1},
		{"maxUnavailable": "1%"},
		{"minAvailable": 1},
		{"minAvailable": "50%"},
	] {
		assert.none(drain.deny) with input as _target("Deployment", 2, limits)
	}
	assert.none(drain.deny) with input as _target("StatefulSet", 0, {"maxUnavailable": 1})
}

test_denies_budgets_that_let_none_go if {
	every limits in [
		{"maxUnavailable": 0},
		{"maxUnavailable": "0%"},
		{"minAvailable": 2},
		{"minAvailable": "51%"},
		{},
		{"maxUnavailable": 1, "minAvailable": 1},
	] {
		assert.size(drain.deny, 1) with input as _target("Deployment", 2, limits)
	}
}

test_denies_and_says_what if {
	assert.messages(drain.deny, {
		"PodDisruptionBudget/cart: minAvailable 50% allows no eviction of Deployment cart at its minimum of 1",
	}) with input as _target("Deployment", 1, {"minAvailable": "50%"})
	assert.messages(drain.deny, {
		"PodDisruptionBudget/cart: a budget without a limit allows no eviction of Deployment cart at its minimum of 3",
	}) with input as _target("Deployment", 3, {})
}

_alone(limits) := examples.combined([budget]) if {
	spec := object.union({"selector": {"matchLabels": {"app": "elsewhere"}}}, limits)
	budget := examples.resource("policy/v1", "PodDisruptionBudget", "cart", {"spec": spec})
}

test_denies_budgets_that_never_let_one_go_without_their_pods if {
	every limits in [
		{"maxUnavailable": 0},
		{"maxUnavailable": "0%"},
		{"minAvailable": "100%"},
		{"minAvailable": "0150%"},
		{},
		{"maxUnavailable": 1, "minAvailable": 1},
	] {
		assert.size(drain.deny, 1) with input as _alone(limits)
	}
	assert.messages(drain.deny, {
		"PodDisruptionBudget/cart: maxUnavailable 0 never allows an eviction",
	}) with input as _alone({"maxUnavailable": 0})
}

test_accepts_budgets_that_may_let_one_go_without_their_pods if {
	every limits in [
		{"maxUnavailable": 1},
		{"maxUnavailable": "1%"},
		{"minAvailable": 1},
		{"minAvailable": 100},
		{"minAvailable": "99%"},
		{"minAvailable": "0%"},
	] {
		assert.none(drain.deny) with input as _alone(limits)
	}
}

test_the_smallest_number_is_the_autoscalers if {
	scaler := examples.combined([examples.resource("keda.sh/v1alpha1", "ScaledObject", "cart", {"spec": {
		"scaleTargetRef": {"name": "cart"},
		"minReplicaCount": 1,
	}})])
	target := _target("Deployment", 5, {"minAvailable": 1})
	assert.none(drain.deny) with input as target
	assert.size(drain.deny, 1) with input as array.concat(target, scaler)
}

test_denies_what_cannot_be_worked_out if {
	every kind in ["CronJob", "DaemonSet", "Job", "ScaledJob"] {
		assert.messages(drain.deny, {sprintf(
			"PodDisruptionBudget/cart: maxUnavailable 1 has no effect for %s cart, which has no replicas",
			[kind],
		)}) with input as _target(kind, null, {"maxUnavailable": 1})
	}
	assert.none(drain.deny) with input as _target("DaemonSet", null, {"minAvailable": 1})
}

test_points_at_the_limit if {
	every case in [
		[{"maxUnavailable": 0}, "/spec/maxUnavailable"],
		[{"minAvailable": 1}, "/spec/minAvailable"],
		[{"maxUnavailable": 1, "minAvailable": 1}, "/spec"],
		[{}, "/spec"],
	] {
		found := drain.deny with input as _target("Deployment", 1, case[0])
		assert.same({one.path | some one in found}, {case[1]})
	}
}
