package rules.network.selectors_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.network.selectors

_pods := [examples.caller("cart", []), examples.caller("web", [])]

_target(policies) := examples.combined(array.concat(_pods, policies))

_policy(spec) := _target([examples.network_policy("cart", spec)])

_app(name) := {"podSelector": {"matchLabels": {"app": name}}}

test_accepts_selectors_that_select if {
	any_app := {"podSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}
	every peer in [_app("web"), {"podSelector": {}}, any_app] {
		assert.none(selectors.warn) with input as _policy(object.union(_app("cart"), {"ingress": [{"from": [peer]}]}))
	}
}

test_accepts_what_it_cannot_judge if {
	elsewhere := object.union(_app("nobody"), {"namespaceSelector": {}})
	visitor := {"podSelector": {"matchLabels": {"visitor": "true"}}}
	every peer in [elsewhere, visitor, {"ipBlock": {"cidr": "10.0.0.0/8"}}] {
		assert.none(selectors.warn) with input as _policy({"egress": [{"to": [peer]}]})
	}
	assert.none(selectors.warn) with input as _policy(visitor)
	alone := examples.network_policy("cart", _app("nobody"))
	assert.none(selectors.warn) with input as examples.combined([alone])
}

test_accepts_namespaces_in_which_an_operator_creates_pods if {
	prometheus := examples.resource("monitoring.coreos.com/v1", "Prometheus", "k8s", {"spec": {"replicas": 2}})
	assert.none(selectors.warn) with input as _target([prometheus, examples.network_policy("cart", _app("nobody"))])
}

test_denies_a_policy_that_selects_no_pods if {
	assert.messages(selectors.warn, {
		"NetworkPolicy/cart: selects no pods",
	}) with input as _policy(_app("nobody"))
}

test_denies_a_peer_that_selects_no_pods if {
	spec := {"ingress": [{"from": [_app("web"), _app("nobody")]}], "egress": [{"to": [_app("nobody")]}]}
	assert.messages(selectors.warn, {
		"NetworkPolicy/cart: a peer of an ingress rule selects no pods",
		"NetworkPolicy/cart: a peer of an egress rule selects no pods",
	}) with input as _policy(spec)
	assert.same({found.path | some found in selectors.warn}, {
		"/spec/ingress/0/from/1",
		"/spec/egress/0/to/0",
	}) with input as _policy(spec)
}

test_pods_of_another_namespace_do_not_count if {
	elsewhere := object.union(examples.caller("db", []), {"metadata": {"namespace": "else"}})
	policies := [elsewhere, examples.network_policy("cart", _app("db"))]
	assert.size(selectors.warn, 1) with input as _target(policies)
}
