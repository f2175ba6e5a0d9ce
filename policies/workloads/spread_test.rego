package rules.workloads.spread_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.spread

_strict := {"shop": ["conventions"]}

_deployment(replicas, spec) := examples.combined([object.union(
	examples.workload("Deployment", object.union(examples.pod_spec, spec)),
	{"spec": {"replicas": replicas}},
)])

test_accepts_one_replica_and_jobs if {
	assert.none(spread.deny) with input as _deployment(1, {}) with data.strict as _strict
	job := examples.combined([examples.workload("Job", examples.pod_spec)])
	assert.none(spread.deny) with input as job with data.strict as _strict
}

test_accepts_what_is_kept_apart if {
	every spec in [
		{"topologySpreadConstraints": [{"topologyKey": "kubernetes.io/hostname"}]},
		{"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": []}}},
	] {
		assert.none(spread.deny) with input as _deployment(2, spec) with data.strict as _strict
	}
}

test_denies_replicas_that_may_share_a_node if {
	assert.messages(spread.deny, {
		"Deployment/cart: all replicas of the pod may run on the same node",
	}) with input as _deployment(2, {}) with data.strict as _strict
	assert.size(spread.warn, 1) with input as _deployment(2, {})
}

test_does_not_warn_where_strict if {
	assert.none(spread.warn) with input as _deployment(2, {}) with data.strict as _strict
}
