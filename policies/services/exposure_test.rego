package rules.services.exposure_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.services.exposure

_service(spec) := examples.combined([examples.resource("v1", "Service", "cart", {"spec": spec})])

_strict := {"shop": ["conventions"]}

test_accepts_services_of_the_cluster if {
	every spec in [{}, {"type": "ClusterIP"}, {"type": "ClusterIP", "externalIPs": []}] {
		assert.none(exposure.deny) with input as _service(spec) with data.strict as _strict
	}
}

test_accepts_the_controller_itself if {
	every image in ["registry.example/ingress-nginx/controller:v1", "docker.io/envoyproxy/envoy:v1", "traefik:v3"] {
		controller := examples.workload("Deployment", {"containers": [{"name": "server", "image": image}]})
		service := examples.resource("v1", "Service", "edge", {"spec": {
			"type": "LoadBalancer",
			"selector": {"app": "cart"},
		}})
		assert.none(exposure.deny) with input as examples.combined([controller, service]) with data.strict as _strict
	}
	other := examples.workload("Deployment", {"containers": [{"name": "server", "image": "example/api-gateway:1"}]})
	service := examples.resource("v1", "Service", "edge", {"spec": {"type": "NodePort", "selector": {"app": "cart"}}})
	assert.size(exposure.deny, 1) with input as examples.combined([other, service]) with data.strict as _strict
}

test_denies_external_addresses_everywhere if {
	assert.messages(exposure.deny, {
		"Service/cart: takes over addresses with externalIPs",
	}) with input as _service({"externalIPs": ["192.0.2.1"]})
}

test_denies_other_ways_in if {
	every type in ["LoadBalancer", "NodePort"] {
		message := {sprintf("Service/cart: has type %s and bypasses the Ingress or Gateway", [type])}
		assert.messages(exposure.deny, message) with input as _service({"type": type}) with data.strict as _strict
		assert.none(exposure.warn) with input as _service({"type": type}) with data.strict as _strict
		assert.messages(exposure.warn, message) with input as _service({"type": type})
	}
}
