package rules.pod_security.host_ports_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.host_ports

test_accepts_ports_of_the_container if {
	assert.none(host_ports.deny) with input as examples.server({"ports": [{"containerPort": 8080, "hostPort": 0}]})
}

test_denies_ports_of_the_node if {
	target := examples.server({"ports": [{"containerPort": 8080}, {"containerPort": 80, "hostPort": 80}]})
	assert.messages(host_ports.deny, {
		"Deployment/cart: container server uses host port 80",
	}) with input as target
}

test_denies_everywhere if {
	bad := object.union(examples.container, {"ports": [{"containerPort": 80, "hostPort": 80}]})
	assert.same(examples.names(host_ports.deny), examples.places) with input as examples.everywhere(bad)
}

test_is_fixed_by_removing_it if {
	found := host_ports.deny with input as examples.server({"ports": [{"containerPort": 80, "hostPort": 80}]})
	assert.same(examples.autofixes(found), {"/spec/template/spec/containers/0/ports/0/hostPort": {"remove": true}})
}
