package rules.network.ports_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.network.ports

_policy(spec) := examples.combined([examples.network_policy("cart", spec)])

test_accepts_named_ports if {
	assert.none(ports.warn) with input as _policy({"ingress": [{"ports": [{"port": 80}, {"port": "http"}]}]})
	assert.none(ports.warn) with input as _policy({"egress": [{"ports": [{"port": 80, "endPort": 90}]}]})
	assert.none(ports.warn) with input as _policy({})
}

test_denies_rules_without_ports if {
	every rule in [{}, {"ports": []}, {"ports": null}] {
		assert.messages(ports.warn, {
			"NetworkPolicy/cart: an egress rule opens every port",
		}) with input as _policy({"egress": [rule]})
	}
}

test_denies_a_protocol_without_a_port if {
	assert.messages(ports.warn, {
		"NetworkPolicy/cart: an ingress rule opens every TCP port",
		"NetworkPolicy/cart: an ingress rule opens every UDP port",
	}) with input as _policy({"ingress": [{"ports": [{}, {"protocol": "UDP"}, {"port": 53}]}]})
}
