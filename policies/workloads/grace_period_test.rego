package rules.workloads.grace_period_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.grace_period

_stopping(hook, grace) := examples.deployment(object.union(grace, {"containers": [object.union(
	examples.container,
	{"lifecycle": {"preStop": hook}},
)]}))

test_accepts_enough_time if {
	assert.none(grace_period.deny) with input as _stopping({"sleep": {"seconds": 29}}, {})
	assert.none(grace_period.deny)
		with input as _stopping({"exec": {"command": ["sleep", "30"]}}, {"terminationGracePeriodSeconds": 31})
	assert.none(grace_period.deny) with input as _stopping({"exec": {"command": ["/bin/sh", "stop.sh"]}}, {})
	assert.none(grace_period.deny) with input as _stopping(null, {"terminationGracePeriodSeconds": "soon"})
}

test_denies_a_sleep_as_long_as_the_period if {
	every hook in [
		{"sleep": {"seconds": 30}},
		{"exec": {"command": ["sleep", "30"]}},
		{"exec": {"command": ["sh", "-c", "sleep 5; sleep 30s && stop"]}},
	] {
		assert.messages(grace_period.deny, {
			"Deployment/cart: container server waits 30 s in preStop, but the grace period of the pod is 30 s",
		}) with input as _stopping(hook, {})
	}
}

test_denies_no_time_at_all if {
	assert.messages(grace_period.deny, {
		"Deployment/cart: the pod is killed immediately, without time to stop",
	}) with input as examples.deployment({"terminationGracePeriodSeconds": 0})
}

test_accepts_a_job_that_is_killed_at_once if {
	spec := object.union(examples.pod_spec, {"terminationGracePeriodSeconds": 0})
	assert.none(grace_period.deny) with input as examples.combined([examples.workload("Job", spec)])
}
