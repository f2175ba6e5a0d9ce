package rules.edge.parents_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.edge.parents

_route(parent) := examples.resource("gateway.networking.k8s.io/v1", "HTTPRoute", "cart", {"spec": {
	"hostnames": ["shop.example"],
	"parentRefs": [parent],
}})

_gateway(listener) := examples.resource("gateway.networking.k8s.io/v1", "Gateway", "edge", {"spec": {"listeners": [
	object.union({"name": "https", "port": 443}, listener),
]}})

test_accepts_a_listener_that_takes_the_host if {
	route := _route({"name": "edge", "sectionName": "https"})
	every listener in [{}, {"hostname": "shop.example"}, {"hostname": "*.example"}] {
		assert.none(parents.deny | parents.warn) with input as examples.combined([route, _gateway(listener)])
	}
	pattern := object.union(route, {"spec": {"hostnames": ["*.example"]}})
	target := examples.combined([pattern, _gateway({"hostname": "shop.example"})])
	assert.none(parents.deny) with input as target
}

test_denies_an_absent_listener if {
	assert.messages(parents.deny, {
		"HTTPRoute/cart: attaches to the undefined listener web of Gateway edge",
	}) with input as examples.combined([_route({"name": "edge", "sectionName": "web"}), _gateway({})])
}

test_denies_a_host_that_no_listener_takes if {
	assert.messages(parents.deny, {
		"HTTPRoute/cart: has host shop.example, which no listener of its Gateway accepts",
	}) with input as examples.combined([_route({"name": "edge"}), _gateway({"hostname": "cart.example"})])
}

_absent := {"HTTPRoute/cart: attaches to Gateway other, which is not rendered"}

test_denies_an_absent_gateway if {
	target := examples.combined([_route({"name": "other"}), _gateway({})])
	assert.messages(parents.deny, _absent) with input as target
}

test_warns_where_no_gateway_is_kept if {
	target := examples.combined([_route({"name": "other"})])
	assert.messages(parents.warn, _absent) with input as target
	assert.none(parents.deny) with input as target
}
