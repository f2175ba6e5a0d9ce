package rules.services.target_port_test

import data.lib.assert_test as assert
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
	assert.none(target_port.deny) with input as _target({"port": 80, "targetPort": "http"}, _http)
	assert.none(target_port.deny) with input as _target({"port": 80, "targetPort": 8080}, _http)
	assert.none(target_port.deny) with input as _target({"port": 8080}, _http)
}

test_denies_an_undeclared_name if {
	assert.messages(target_port.deny, {
		"Service/cart: port 80 leads to targetPort web with protocol TCP, which no container of Deployment cart declares",
	}) with input as _target({"port": 80, "targetPort": "web"}, _http)
}

_undeclared := {concat("", [
	"Service/cart: port 80 leads to targetPort 80 with protocol TCP, ",
	"which no container of Deployment cart declares",
])}

test_lists_no_ports_where_none_is_declared if {
	found := target_port.deny with input as _target({"port": 80, "targetPort": "web"}, [])
	assert.same({one.fix | some one in found}, {"declare the port in the container"})
}

test_warns_of_an_undeclared_number if {
	target := _target({"port": 80}, _http)
	assert.messages(target_port.warn, _undeclared) with input as target with data.strict as {}
	assert.none(target_port.deny) with input as target with data.strict as {}
	assert.same({found.fix | some found in target_port.warn}, {
		"use one of the declared ports: http 8080/TCP",
	}) with input as target with data.strict as {}
}

test_says_which_ports_are_declared if {
	declared := array.concat(_http, [{"containerPort": 9090, "protocol": "UDP"}])
	found := target_port.deny with input as _target({"port": 80, "targetPort": "web"}, declared)
	assert.same({each.fix | some each in found}, {"use one of the declared ports: http 8080/TCP, 9090/UDP"})
}

test_denies_an_undeclared_number_where_that_is_strict if {
	strict := {"shop": ["conventions"]}
	target := _target({"port": 80}, [])
	assert.messages(target_port.deny, _undeclared) with input as target with data.strict as strict
	assert.none(target_port.warn) with input as target with data.strict as strict
}

test_denies_another_protocol if {
	assert.messages(target_port.deny, {
		"Service/cart: port 80 leads to targetPort http with protocol UDP, which no container of Deployment cart declares",
	}) with input as _target({"port": 80, "targetPort": "http", "protocol": "UDP"}, _http)
}
