package rules.services.port_names_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.services.port_names

_service(ports) := examples.combined([examples.resource("v1", "Service", "cart", {"spec": {"ports": ports}})])

test_accepts_one_port_without_a_name if {
	assert.none(port_names.deny) with input as _service([{"port": 80}])
}

test_accepts_ports_of_their_own if {
	ports := [{"name": "dns", "port": 53}, {"name": "dns-udp", "port": 53, "protocol": "UDP"}]
	assert.none(port_names.deny) with input as _service(ports)
}

test_denies_ports_without_names if {
	assert.messages(port_names.deny, {
		"Service/cart: has several ports, and port 81 has no name",
	}) with input as _service([{"name": "http", "port": 80}, {"port": 81}])
}

test_denies_ports_that_are_alike if {
	assert.messages(port_names.deny, {
		"Service/cart: has several ports, and two have the name http",
		"Service/cart: has several ports, and two have number 80 and protocol TCP",
	}) with input as _service([{"name": "http", "port": 80}, {"name": "http", "port": 80}])
}
