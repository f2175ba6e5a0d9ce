package rules.edge.snippets_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.edge.snippets

_ingress(key) := examples.combined([object.union(
	examples.resource("networking.k8s.io/v1", "Ingress", "cart", {}),
	{"metadata": {"annotations": {key: "deny all;"}}},
)])

_policy := examples.combined([examples.resource("gateway.nginx.org/v1alpha1", "SnippetsPolicy", "cart", {})])

test_accepts_other_annotations_and_the_table if {
	assert.none(snippets.deny) with input as _ingress("nginx.org/limit-req-rate")
	assert.none(snippets.deny) with input as _policy with data.snippets as {"shop": {"cart": "no field says it"}}
	assert.none(snippets.deny)
		with input as _ingress("nginx.org/server-snippets")
		with data.snippets as {"shop": {"cart": "no field says it"}}
}

test_denies_snippets_of_an_ingress if {
	every key in ["nginx.org/location-snippets", "nginx.ingress.kubernetes.io/configuration-snippet"] {
		assert.messages(snippets.deny, {
			sprintf("Ingress/cart: has the annotation %s", [key]),
		}) with input as _ingress(key)
	}
}

test_denies_snippets_of_a_gateway if {
	every kind in ["SnippetsFilter", "SnippetsPolicy"] {
		assert.messages(snippets.deny, {
			sprintf("%s/cart: is not in the table `snippets`", [kind]),
		}) with input as examples.combined([examples.resource("gateway.nginx.org/v1alpha1", kind, "cart", {})])
	}
}

_server(kind, spec) := examples.combined([examples.resource("k8s.nginx.org/v1", kind, "cart", {"spec": spec})])

test_denies_snippets_of_a_server if {
	found := snippets.deny with input as _server("VirtualServer", {"routes": [{"location-snippets": "deny all;"}]})
	assert.messages(found, {"VirtualServer/cart: has the field location-snippets"})
	assert.same({each.path | some each in found}, {"/spec/routes/0/location-snippets"})
	every kind in ["TransportServer", "VirtualServerRoute"] {
		assert.messages(snippets.deny, {
			sprintf("%s/cart: has the field serverSnippets", [kind]),
		}) with input as _server(kind, {"serverSnippets": "deny all;"})
	}
}

test_accepts_servers_without_snippets_and_the_table if {
	assert.none(snippets.deny) with input as _server("VirtualServer", {"host": "snippets", "snippets": {"other": "a"}})
	assert.none(snippets.deny)
		with input as _server("VirtualServer", {"server-snippets": "deny all;"})
		with data.snippets as {"shop": {"cart": "no field says it"}}
}
