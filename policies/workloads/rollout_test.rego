package rules.workloads.rollout_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.rollout

_strict := {"shop": ["conventions"]}

_workload(kind, spec) := examples.combined([object.union(examples.workload(kind, examples.pod_spec), {"spec": spec})])

_field := {"DaemonSet": "updateStrategy", "Deployment": "strategy", "StatefulSet": "updateStrategy"}

_rolling(kind, limits) := _workload(kind, {"replicas": 3, _field[kind]: {"rollingUpdate": limits}})

_of_type(kind, type) := _workload(kind, {"replicas": 1, _field[kind]: {"type": type}})

test_accepts_what_rolls_out if {
	every limits in [
		{},
		{"maxSurge": 1, "maxUnavailable": 0},
		{"maxSurge": 0},
		{"maxUnavailable": 0},
		{"maxUnavailable": "67%"},
		{"maxUnavailable": 2},
	] {
		assert.none(rollout.deny) with input as _rolling("Deployment", limits) with data.strict as _strict
	}
	every limits in [{}, {"maxUnavailable": "10%"}, {"maxSurge": 1, "maxUnavailable": 0}] {
		assert.none(rollout.deny) with input as _rolling("DaemonSet", limits) with data.strict as _strict
	}
	assert.none(rollout.deny) with input as _rolling("StatefulSet", {"partition": 0}) with data.strict as _strict
	assert.none(rollout.deny) with input as _workload("Deployment", {"paused": false}) with data.strict as _strict
	assert.none(rollout.deny) with input as _of_type("Deployment", "Recreate") with data.strict as _strict
	alone := _workload("Deployment", {"replicas": 1, "strategy": {"rollingUpdate": {"maxUnavailable": 1}}})
	assert.none(rollout.deny) with input as alone with data.strict as _strict
	job := examples.combined([examples.workload("Job", examples.pod_spec)])
	assert.none(rollout.deny | rollout.warn) with input as job
}

test_denies_limits_that_let_nothing_happen if {
	every none in [{"maxSurge": 0, "maxUnavailable": 0}, {"maxSurge": "0%", "maxUnavailable": "0%"}] {
		assert.messages(rollout.deny, {
			"Deployment/cart: can neither add nor remove a pod during a rollout",
		}) with input as _rolling("Deployment", none)
	}
	assert.messages(rollout.deny, {
		"DaemonSet/cart: can neither add nor remove a pod during a rollout",
	}) with input as _rolling("DaemonSet", {"maxUnavailable": 0})
	assert.same({found.path | some found in rollout.deny}, {"/spec/updateStrategy/rollingUpdate"})
		with input as _rolling(
			"DaemonSet",
			{"maxUnavailable": 0},
		)
}

test_denies_limits_where_all_is_recreated if {
	every kind, type in {"DaemonSet": "OnDelete", "Deployment": "Recreate", "StatefulSet": "OnDelete"} {
		target := _workload(kind, {_field[kind]: {
			"type": type,
			"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0},
		}})
		assert.messages(rollout.deny, {
			sprintf("%s/cart: has rollingUpdate with type %s", [kind, type]),
		}) with input as target
	}
}

test_denies_a_deadline_before_readiness if {
	assert.messages(rollout.deny, {
		"Deployment/cart: has a deadline of 600 s, but a pod is ready after 600 s at the earliest",
	}) with input as _workload("Deployment", {"minReadySeconds": 600})
	assert.none(rollout.deny) with input as _workload("Deployment", {"minReadySeconds": 599})
	assert.none(rollout.deny) with input as _workload("Deployment", {"progressDeadlineSeconds": 1})
	assert.size(rollout.deny, 1)
		with input as _workload("Deployment", {"progressDeadlineSeconds": 5, "minReadySeconds": 9})
}

_stopping := {
	"Deployment/cart: stops all 2 replicas at the same time during a rollout": [
		{"type": "Recreate"},
		{"rollingUpdate": {"maxUnavailable": 2}},
		{"rollingUpdate": {"maxUnavailable": "100%"}},
	],
}

test_warns_where_all_replicas_stop if {
	every message, strategies in _stopping {
		every strategy in strategies {
			target := _workload("Deployment", {"replicas": 2, "strategy": strategy})
			assert.messages(rollout.warn, {message}) with input as target
			assert.none(rollout.deny) with input as target
			assert.messages(rollout.deny, {message}) with input as target with data.strict as _strict
			assert.none(rollout.warn) with input as target with data.strict as _strict
		}
	}
}

test_warns_of_what_does_not_roll_out if {
	every kind in ["DaemonSet", "StatefulSet"] {
		assert.messages(rollout.warn, {
			sprintf("%s/cart: is updated only when someone deletes its pods", [kind]),
		}) with input as _of_type(kind, "OnDelete")
	}
	assert.messages(rollout.warn, {
		"Deployment/cart: is paused, so changes do not roll out",
	}) with input as _workload("Deployment", {"paused": true})
}
