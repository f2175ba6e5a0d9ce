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
	every selector in [_own, {}, {"matchExpressions": [{"key": "app", "operator": "Exists"}]}] {
		every spec in [_constrained(selector), _required({"labelSelector": selector}), _preferred(selector)] {
			assert.none(spread.deny) with input as _deployment(2, spec) with data.strict as _strict
		}
	}
}

test_accepts_terms_about_its_namespace if {
	every rest in [{"namespaces": ["shop", "other"]}, {"namespaceSelector": {}}, {"namespaces": []}] {
		term := object.union({"labelSelector": _own}, rest)
		assert.none(spread.deny) with input as _deployment(2, _required(term)) with data.strict as _strict
	}
}

test_denies_what_keeps_other_pods_apart if {
	other := {"matchLabels": {"app": "other"}}
	every spec in [
		_constrained(other),
		_constrained(null),
		_required({"labelSelector": other}),
		_required({}),
		_required({"labelSelector": _own, "namespaces": ["other"]}),
		_preferred(other),
		{"topologySpreadConstraints": [{"topologyKey": "kubernetes.io/hostname"}]},
		{"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": []}}},
		{"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": _own}]}}},
	] {
		assert.messages(spread.deny, {
			"Deployment/cart: all replicas of the pod may run on the same node",
		}) with input as _deployment(2, spec) with data.strict as _strict
	}
}

_own := {"matchLabels": {"app": "cart"}}

_constrained(selector) := {"topologySpreadConstraints": [{
	"topologyKey": "kubernetes.io/hostname",
	"labelSelector": selector,
}]}

_required(term) := {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}

_preferred(selector) := {"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{
	"weight": 1,
	"podAffinityTerm": {"labelSelector": selector},
}]}}}

test_denies_replicas_that_may_share_a_node if {
	assert.messages(spread.deny, {
		"Deployment/cart: all replicas of the pod may run on the same node",
	}) with input as _deployment(2, {}) with data.strict as _strict
	assert.size(spread.warn, 1) with input as _deployment(2, {})
}

test_does_not_warn_where_strict if {
	assert.none(spread.warn) with input as _deployment(2, {}) with data.strict as _strict
}
