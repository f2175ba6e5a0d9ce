package rules.edge.tls_hosts_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.edge.tls_hosts

_ingress(rules, tls) := examples.combined([examples.resource("networking.k8s.io/v1", "Ingress", "shop", {"spec": {
	"rules": rules,
	"tls": tls,
}})])

_rule := {"host": "shop.example"}

test_accepts_tls_for_every_host if {
	assert.none(tls_hosts.deny) with input as _ingress([_rule], [{"hosts": ["shop.example"]}])
	assert.none(tls_hosts.deny) with input as _ingress([_rule], [{"hosts": ["*.example"]}])
	assert.none(tls_hosts.deny) with input as _ingress([_rule], [{"secretName": "all"}])
	assert.none(tls_hosts.deny) with input as _ingress([{}], [{"hosts": ["shop.example"]}, {}])
}

test_denies_hosts_without_tls if {
	messages := {"Ingress/shop: serves host web.example without TLS"}
	rules := [_rule, {"host": "web.example"}]
	every tls in [[{"hosts": ["shop.example"]}], [{"hosts": ["shop.example"]}, {"hosts": ["*.shop.example"]}]] {
		found := tls_hosts.deny with input as _ingress(rules, tls)
		assert.same(messages - examples.messages(found), set())
	}
	every_host := {"Ingress/shop: serves host * without TLS"}
	assert.messages(tls_hosts.deny, every_host) with input as _ingress([_rule, {}], [{"hosts": ["shop.example"]}])
}

test_warns_of_no_tls_at_all if {
	messages := {"Ingress/shop: serves host shop.example without TLS"}
	assert.messages(tls_hosts.warn, messages) with input as _ingress([_rule], []) with data.strict as {}
	strict := {"shop": ["conventions"]}
	assert.messages(tls_hosts.deny, messages) with input as _ingress([_rule], []) with data.strict as strict
	assert.none(tls_hosts.warn) with input as _ingress([_rule], []) with data.strict as strict
}

test_denies_tls_for_hosts_that_are_not_served if {
	assert.messages(tls_hosts.deny, {
		"Ingress/shop: has TLS for host cart.example, which no rule serves",
	}) with input as _ingress([_rule], [{"hosts": ["shop.example", "cart.example"]}])
}

_route(rule) := examples.resource("gateway.networking.k8s.io/v1", "HTTPRoute", "cart", {"spec": {
	"parentRefs": [{"name": "edge", "sectionName": "http"}],
	"rules": [rule],
}})

_gateway := examples.resource("gateway.networking.k8s.io/v1", "Gateway", "edge", {"spec": {"listeners": [
	{"name": "http", "protocol": "HTTP", "port": 80},
	{"name": "https", "protocol": "HTTPS", "port": 443},
]}})

test_accepts_a_redirect_without_tls if {
	redirect := _route({"filters": [{"type": "RequestRedirect"}]})
	assert.none(tls_hosts.deny | tls_hosts.warn) with input as examples.combined([_gateway, redirect])
}

test_accepts_a_backend_with_tls if {
	route := _route({"backendRefs": [{"name": "cart", "port": 80}]})
	secure := object.union(route, {"spec": {"parentRefs": [{"name": "edge", "sectionName": "https"}]}})
	assert.none(tls_hosts.deny | tls_hosts.warn) with input as examples.combined([_gateway, secure])
}

test_warns_of_a_backend_without_tls if {
	target := examples.combined([_gateway, _route({"backendRefs": [{"name": "cart", "port": 80}]})])
	assert.messages(tls_hosts.warn, {
		"HTTPRoute/cart: forwards requests without TLS, through listener http of Gateway edge",
	}) with input as target with data.strict as {}
}
