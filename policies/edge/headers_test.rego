package rules.edge.headers_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.edge.headers

_table := {"shop": {
	"headers": {"X-Frame-Options": "DENY"},
	"policy": {"always": ["default-src"], "never": ["unsafe-inline"]},
}}

_ingress(text) := examples.combined([object.union(
	examples.resource("networking.k8s.io/v1", "Ingress", "cart", {}),
	{"metadata": {"annotations": {"nginx.org/add-header": text}}},
)])

_route(headers_) := _filtered({"set": headers_})

_filtered(modifier) := examples.combined([examples.resource("gateway.networking.k8s.io/v1", "HTTPRoute", "cart", {
	"spec": {"rules": [
		{
			"backendRefs": [{"name": "cart"}],
			"filters": [{"responseHeaderModifier": modifier}],
		},
		{"filters": [{"requestRedirect": {}}]},
	]},
})])

_good := [
	{"name": "x-frame-options", "value": "DENY"},
	{"name": "Content-Security-Policy", "value": "default-src 'none'"},
]

test_accepts_the_table if {
	text := "X-Frame-Options: DENY: always,\nContent-Security-Policy: default-src 'none': always"
	assert.none(headers.deny) with input as _ingress(text) with data.edge as _table
	assert.none(headers.deny) with input as _route(_good) with data.edge as _table
	assert.none(headers.deny) with input as _filtered({"add": _good}) with data.edge as _table
	assert.none(headers.deny) with input as _ingress("") with data.edge as {}
}

test_denies_a_missing_header if {
	assert.messages(headers.deny, {
		"Ingress/cart: does not set the response header X-Frame-Options: DENY",
		"Ingress/cart: does not have default-src in its Content-Security-Policy",
	}) with input as _ingress("") with data.edge as _table
}

test_denies_a_weak_policy if {
	weak := [_good[0], {"name": "Content-Security-Policy", "value": "default-src 'unsafe-inline'"}]
	assert.messages(headers.deny, {
		"HTTPRoute/cart: allows unsafe-inline in its Content-Security-Policy",
	}) with input as _route(weak) with data.edge as _table
}
