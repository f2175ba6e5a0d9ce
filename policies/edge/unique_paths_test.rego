package rules.edge.unique_paths_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.edge.unique_paths

_ingress(name, path) := examples.resource("networking.k8s.io/v1", "Ingress", name, {"spec": {
	"ingressClassName": "nginx",
	"rules": [{"host": "shop.example", "http": {"paths": [{"path": path, "pathType": "Prefix"}]}}],
}})

_route(name, section, rule) := examples.resource("gateway.networking.k8s.io/v1", "HTTPRoute", name, {"spec": {
	"hostnames": ["shop.example"],
	"parentRefs": [{"name": "edge", "sectionName": section}],
	"rules": [rule],
}})

test_accepts_paths_of_their_own if {
	assert.none(unique_paths.deny) with input as examples.combined([_ingress("a", "/"), _ingress("b", "/b")])
	other := object.union(_ingress("b", "/"), {"spec": {"ingressClassName": "other"}})
	assert.none(unique_paths.deny) with input as examples.combined([_ingress("a", "/"), other])
}

test_denies_what_only_seems_a_canary if {
	every key, value in {"nginx.example/canary": "false", "nginx.example/rewrite": "true"} {
		other := object.union(_ingress("b", "/"), {"metadata": {"annotations": {key: value}}})
		assert.size(unique_paths.deny, 2) with input as examples.combined([_ingress("a", "/"), other])
	}
}

test_accepts_a_canary if {
	canary := object.union(_ingress("b", "/"), {"metadata": {"annotations": {"nginx.example/canary": "true"}}})
	assert.none(unique_paths.deny) with input as examples.combined([_ingress("a", "/"), canary])
}

test_accepts_routes_of_different_listeners if {
	target := examples.combined([_route("a", "http", {}), _route("b", "https", {})])
	assert.none(unique_paths.deny) with input as target
}

test_denies_the_same_path_twice if {
	assert.messages(unique_paths.deny, {
		"Ingress/a: serves shop.example/ (Prefix) nginx, which is also served by Ingress b",
		"Ingress/b: serves shop.example/ (Prefix) nginx, which is also served by Ingress a",
	}) with input as examples.combined([_ingress("a", "/"), _ingress("b", "/")])
}

test_denies_the_same_match_twice if {
	rule := {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}]}
	taken := `serves shop.example {"path":{"type":"PathPrefix","value":"/"}} of Gateway edge/https, which`
	assert.messages(unique_paths.deny, {
		sprintf("HTTPRoute/a: %s is also served by HTTPRoute b", [taken]),
		sprintf("HTTPRoute/b: %s is also served by HTTPRoute a", [taken]),
	}) with input as examples.combined([_route("a", "https", rule), _route("b", "https", rule)])
}

test_accepts_a_route_that_is_rendered_twice if {
	rule := {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}]}
	route := _route("a", "https", rule)
	changed := object.union(route, {"metadata": {"labels": {"app": "a"}}})
	assert.none(unique_paths.deny) with input as examples.combined([route, route, changed])
	twice := object.union(route, {"spec": {"rules": [rule, rule]}})
	assert.none(unique_paths.deny) with input as examples.combined([twice])
}

test_denies_a_path_twice_in_one_ingress if {
	path := {"path": "/", "pathType": "Prefix"}
	rule := {"host": "shop.example", "http": {"paths": [path, path]}}
	ingress := examples.resource("networking.k8s.io/v1", "Ingress", "a", {"spec": {"rules": [rule]}})
	assert.size(unique_paths.deny, 2) with input as examples.combined([ingress])
}

test_names_all_others if {
	assert.messages(unique_paths.deny, {
		"Ingress/a: serves shop.example/ (Prefix) nginx, which is also served by Ingress b, Ingress c",
		"Ingress/b: serves shop.example/ (Prefix) nginx, which is also served by Ingress a, Ingress c",
		"Ingress/c: serves shop.example/ (Prefix) nginx, which is also served by Ingress a, Ingress b",
	}) with input as examples.combined([_ingress(name, "/") | some name in ["a", "b", "c"]])
}

test_reads_what_is_left_out_as_every_path_and_host if {
	ingress := examples.resource("networking.k8s.io/v1", "Ingress", "b", {"spec": {
		"ingressClassName": "nginx",
		"rules": [{"host": "shop.example", "http": {"paths": [{"pathType": "Prefix"}]}}],
	}})
	assert.size(unique_paths.deny, 2) with input as examples.combined([_ingress("a", "/"), ingress])
	route := examples.resource("gateway.networking.k8s.io/v1", "HTTPRoute", "a", {"spec": {
		"parentRefs": [{"name": "edge"}],
		"rules": [{}],
	}})
	every_host := object.union(route, {"metadata": {"name": "b"}, "spec": {"hostnames": ["*"]}})
	assert.messages(unique_paths.deny, {
		"HTTPRoute/a: serves * {} of Gateway edge/, which is also served by HTTPRoute b",
		"HTTPRoute/b: serves * {} of Gateway edge/, which is also served by HTTPRoute a",
	}) with input as examples.combined([route, every_host])
}
