package lib.edge_test

import data.lib.assert_test as assert
import data.lib.edge
import data.lib.examples_test as examples

_ingress := examples.resource("networking.k8s.io/v1", "Ingress", "shop", {"spec": {
	"defaultBackend": {"service": {"name": "other", "port": {"number": 80}}},
	"rules": [
		{"host": "shop.example", "http": {"paths": [
			{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "cart", "port": {"name": "http"}}}},
			{"path": "/files", "pathType": "Prefix", "backend": {"resource": {"kind": "Bucket"}}},
		]}},
		{},
	],
}})

_route(parent) := examples.resource("gateway.networking.k8s.io/v1", "HTTPRoute", "shop", {"spec": {
	"parentRefs": [parent],
	"rules": [{"backendRefs": [{"name": "cart", "port": 80}, {"kind": "Bucket", "name": "files"}]}],
}})

_gateway := examples.resource("gateway.networking.k8s.io/v1", "Gateway", "edge", {"spec": {"listeners": [
	{"name": "http", "port": 80},
	{"name": "https", "port": 443},
]}})

test_finds_the_services_of_an_ingress if {
	found := edge.backends with input as examples.combined([_ingress])
	assert.same({[backend.name, backend.port, backend.path] | some backend in found}, {
		["other", 80, "/spec/defaultBackend/service"],
		["cart", "http", "/spec/rules/0/http/paths/0/backend/service"],
	})
}

test_finds_the_services_of_a_route if {
	found := edge.backends with input as examples.combined([_route({"name": "edge"})])
	assert.same({[backend.name, backend.port, backend.namespace, backend.path] | some backend in found}, {
		["cart", 80, "shop", "/spec/rules/0/backendRefs/0"],
	})
}

test_finds_every_kind_of_route if {
	every kind in ["GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute"] {
		rendered := object.union(_route({"name": "edge"}), {"kind": kind})
		[backend] := edge.backends with input as examples.combined([rendered])
		assert.same(backend.resource.kind, kind)
	}
}

test_a_route_may_send_elsewhere if {
	rule := {"backendRefs": [{"name": "cart", "namespace": "else", "port": 80}]}
	elsewhere := object.union(_route({"name": "edge"}), {"spec": {"rules": [rule]}})
	[backend] := edge.backends with input as examples.combined([elsewhere])
	assert.same(backend.namespace, "else")
}

test_a_rule_without_a_host_is_for_any if {
	ingress := object.union(_ingress, {"spec": {"rules": [{"http": {"paths": [{"path": "/"}]}}]}})
	[place] := edge.paths with input as examples.combined([ingress])
	assert.same(place.host, "*")
}

test_finds_paths_with_their_hosts if {
	found := edge.paths with input as examples.combined([_ingress])
	assert.same(
		[[place.host, place.content.path] | some place in found],
		[["shop.example", "/"], ["shop.example", "/files"]],
	)
}

_names contains [parent.name, listener.name] if {
	some parent in edge.parents
	some listener in parent.listeners
}

test_a_route_attaches_to_the_listeners_it_names if {
	both := {["edge", "http"], ["edge", "https"]}
	assert.same(_names, both) with input as examples.combined([_gateway, _route({"name": "edge"})])
	section := _route({"name": "edge", "sectionName": "https"})
	assert.same(_names, {["edge", "https"]}) with input as examples.combined([_gateway, section])
	port := _route({"name": "edge", "port": 80})
	assert.same(_names, {["edge", "http"]}) with input as examples.combined([_gateway, port])
	elsewhere := _route({"name": "edge", "namespace": "else"})
	assert.same(_names, set()) with input as examples.combined([_gateway, elsewhere])
	assert.same(_names, set()) with input as examples.combined([_gateway, _route({"name": "other"})])
	mesh := _route({"name": "cart", "kind": "Service"})
	assert.none(edge.parents) with input as examples.combined([mesh])
}

test_a_star_matches_labels if {
	edge.fits("shop.example", "shop.example")
	edge.fits("eu.shop.example", "*.shop.example")
	not edge.fits("shop.example", "*.shop.example")
	not edge.fits("shop.example", "cart.example")
	not edge.fits("workshop.example", "shop.example")
}
