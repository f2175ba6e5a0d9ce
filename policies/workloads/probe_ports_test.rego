package rules.workloads.probe_ports_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.probe_ports

_ports := [{"name": "http", "containerPort": 8080}]

_probed(port) := examples.deployment({"containers": [object.union(
	examples.container_without("/livenessProbe"),
	{"ports": _ports, "readinessProbe": {"tcpSocket": {"port": port}}},
)]})

test_accepts_declared_ports if {
	every port in ["http", 8080] {
		assert.none(probe_ports.deny) with input as _probed(port)
		assert.none(probe_ports.warn) with input as _probed(port)
	}
}

test_denies_a_name_that_is_not_declared if {
	assert.messages(probe_ports.deny, {
		"Deployment/cart: container server has a readinessProbe with the undeclared port web",
	}) with input as _probed("web")
}

test_warns_of_a_number_that_is_not_declared if {
	assert.messages(probe_ports.warn, {
		"Deployment/cart: container server has a readinessProbe with the undeclared port 8081",
	}) with input as _probed(8081)
	assert.size(probe_ports.deny, 1) with input as _probed(8081) with data.strict as {"shop": ["conventions"]}
}

test_denies_a_hook_of_a_port_that_is_not_declared if {
	hook := {"httpGet": {"port": "web"}}
	target := examples.server({"ports": _ports, "lifecycle": {"preStop": hook, "postStart": hook}})
	found := probe_ports.deny with input as target
	assert.messages(found, {
		"Deployment/cart: container server has a postStart with the undeclared port web",
		"Deployment/cart: container server has a preStop with the undeclared port web",
	})
	assert.same({each.path | some each in found}, {
		"/spec/template/spec/containers/0/lifecycle/postStart/httpGet/port",
		"/spec/template/spec/containers/0/lifecycle/preStop/httpGet/port",
	})
}

test_does_not_warn_where_strict if {
	assert.none(probe_ports.warn) with input as _probed(8081) with data.strict as {"shop": ["conventions"]}
}

test_denies_it_of_every_probe_and_handler if {
	every kind in ["livenessProbe", "readinessProbe", "startupProbe"] {
		every handler in ["grpc", "httpGet", "tcpSocket"] {
			container := {"name": "server", kind: {handler: {"port": "web"}}}
			assert.messages(probe_ports.deny, {
				sprintf("Deployment/cart: container server has a %s with the undeclared port web", [kind]),
			}) with input as examples.deployment({"containers": [container]})
		}
	}
}

_over(protocol, port) := examples.deployment({"containers": [{
	"name": "server",
	"ports": [{"name": "dns", "containerPort": 53, "protocol": protocol}],
	"livenessProbe": {"tcpSocket": {"port": port}},
}]})

test_denies_a_name_that_is_not_a_port_of_tcp if {
	every protocol in ["UDP", "SCTP"] {
		assert.messages(probe_ports.deny, {sprintf(
			"Deployment/cart: container server has a livenessProbe with the port dns, which is declared for %s",
			[protocol],
		)}) with input as _over(protocol, "dns")
		assert.messages(probe_ports.warn, {sprintf(
			"Deployment/cart: container server has a livenessProbe with the port 53, which is declared for %s",
			[protocol],
		)}) with input as _over(protocol, 53)
	}
	assert.none(probe_ports.deny | probe_ports.warn) with input as _over("TCP", "dns")
	assert.none(probe_ports.deny | probe_ports.warn) with input as _over("TCP", 53)
}

test_accepts_a_number_that_is_a_port_of_tcp_too if {
	container := {
		"name": "server",
		"ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP"}],
		"livenessProbe": {"tcpSocket": {"port": 53}},
	}
	assert.none(probe_ports.warn) with input as examples.deployment({"containers": [container]})
}
