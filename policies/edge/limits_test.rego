package rules.edge.limits_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.edge.limits

_table := {"shop": {"requests": 100, "connections": 10}}

_annotations := {
	"nginx.org/limit-req-key": "${binary_remote_addr}",
	"nginx.org/limit-req-rate": "100r/s",
	"nginx.org/limit-req-reject-code": "429",
}

_ingress(annotations) := examples.combined([object.union(
	examples.resource("networking.k8s.io/v1", "Ingress", "cart", {}),
	{"metadata": {"annotations": annotations}},
)])

_gateway(rate, connections) := examples.combined([
	examples.resource("gateway.networking.k8s.io/v1", "Gateway", "cart", {}),
	_policy("RateLimitPolicy", {"rateLimit": {"local": {"rules": [{"rate": rate}]}}}),
	_policy("NginxProxy", {"kubernetes": {"deployment": {"replicas": 2}}}),
	_policy("SnippetsPolicy", {"snippets": [{"value": sprintf("limit_conn addresses %d;", [connections])}]}),
])

_policy(kind, spec) := examples.resource("gateway.nginx.org/v1alpha1", kind, "cart", {"spec": spec})

test_accepts_the_table if {
	assert.none(limits.deny) with input as _ingress(_annotations) with data.edge as _table
	assert.none(limits.deny) with input as _gateway("50r/s", 10) with data.edge as _table
}

test_accepts_what_has_no_table if {
	assert.none(limits.deny) with input as _ingress({}) with data.edge as {}
}

test_denies_another_rate_of_an_ingress if {
	assert.messages(limits.deny, {
		"Ingress/cart: does not have the annotation nginx.org/limit-req-rate: 100r/s",
	}) with input as _ingress(object.union(_annotations, {"nginx.org/limit-req-rate": "1000r/s"}))
		with data.edge as _table
}

test_counts_what_lies_in_the_gateways_namespace_only if {
	others := [object.union(entry.contents, {"metadata": {"namespace": "else"}}) |
		some entry in _gateway("1r/s", 1)
		entry.contents.kind != "Gateway"
	]
	target := array.concat(_gateway("50r/s", 10), examples.combined(others))
	assert.none(limits.deny) with input as target with data.edge as _table
}

test_counts_one_replica_where_nothing_is_said if {
	unsaid := [entry | some entry in _gateway("100r/s", 10); entry.contents.kind != "NginxProxy"]
	assert.none(limits.deny) with input as unsaid with data.edge as _table
}

test_denies_other_limits_of_a_gateway if {
	assert.messages(limits.deny, {
		"Gateway/cart: allows [200] instead of 100 requests per second",
		"Gateway/cart: allows [20] instead of 10 connections",
	}) with input as _gateway("100r/s", 20) with data.edge as _table
}
