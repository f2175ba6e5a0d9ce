package rules.services.target_port_test

import data.lib.examples_test as examples
import data.rules.services.target_port

_target(port, declared) := examples.combined([
	examples.resource("v1", "Service", "cart", {"spec": {"selector": {"app": "cart"}, "ports": [port]}}),
	examples.workload("Deployment", object.union(examples.pod_spec, {"containers": [object.union(
		examples.container,
		{"ports": declared},
	)]})),
])

_http := [{"name": "http", "containerPort": 8080}]

test_accepts_names_and_numbers_that_are_declared if {
	count(target_port.deny) == 0 with input as _target({"port": 80, "targetPort": "http"}, _http)
	count(target_port.deny) == 0 with input as _target({"port": 80, "targetPort": 8080}, _http)
	count(target_port.deny) == 0 with input as _target({"port": 8080}, _http)
}

test_denies_an_undeclared_name if {
	examples.messages(target_port.deny) == {
		"Service/cart: port 80 leads to targetPort web by TCP, which no container of Deployment cart declares",
	} with input as _target({"port": 80, "targetPort": "web"}, _http)
}

test_denies_a_number_that_others_are_declared_beside if {
	target := _target({"port": 80}, _http)
	examples.messages(target_port.deny) == {
		"Service/cart: port 80 leads to targetPort 80 by TCP, which no container of Deployment cart declares",
	} with input as target
	{found.fix | some found in target_port.deny} == {
		"name one of the declared ports: http 8080/TCP",
	} with input as target
}

test_denies_another_protocol if {
	examples.messages(target_port.deny) == {
		"Service/cart: port 80 leads to targetPort http by UDP, which no container of Deployment cart declares",
	} with input as _target({"port": 80, "targetPort": "http", "protocol": "UDP"}, _http)
}

test_warns_where_no_port_is_declared if {
	examples.messages(target_port.warn) == {
		"Service/cart: port 80 leads to targetPort 80 by TCP, which no container of Deployment cart declares",
	} with input as _target({"port": 80}, [])
	count(target_port.deny) == 0 with input as _target({"port": 80}, [])
	count(target_port.deny) == 1 with input as _target({"port": 80, "targetPort": "http"}, [])
}
