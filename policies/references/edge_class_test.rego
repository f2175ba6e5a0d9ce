package rules.references.edge_class_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.references.edge_class

_ingress := examples.resource("networking.k8s.io/v1", "Ingress", "shop", {"spec": {"ingressClassName": "nginx"}})

_class(name) := {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": name}}

test_accepts_a_class_of_the_target_or_of_the_controller if {
	assert.none(edge_class.deny) with input as examples.combined([_ingress, _class("nginx")])
	assert.none(edge_class.deny) with input as examples.combined([_ingress])
}

test_denies_a_class_that_is_not_rendered if {
	assert.messages(edge_class.deny, {
		"Ingress/shop: has the IngressClass nginx, which is not rendered",
	}) with input as examples.combined([_ingress, _class("other")])
}

test_accepts_the_default_class if {
	unsaid := examples.resource("networking.k8s.io/v1", "Ingress", "shop", {"spec": {}})
	assert.none(edge_class.deny) with input as examples.combined([unsaid, _class("other")])
}

test_denies_a_gateway_class_that_is_not_rendered if {
	api := "gateway.networking.k8s.io/v1"
	gateway := examples.resource(api, "Gateway", "shop", {"spec": {"gatewayClassName": "nginx"}})
	class := {"apiVersion": api, "kind": "GatewayClass", "metadata": {"name": "other"}}
	found := edge_class.deny with input as examples.combined([gateway, class])
	assert.messages(found, {"Gateway/shop: has the GatewayClass nginx, which is not rendered"})
	assert.same({each.path | some each in found}, {"/spec/gatewayClassName"})
}
