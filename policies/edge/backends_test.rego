package rules.edge.backends_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.edge.backends

_ingress(name, port) := examples.resource("networking.k8s.io/v1", "Ingress", "shop", {"spec": {"defaultBackend": {
	"service": {"name": name, "port": port},
}}})

_service := examples.resource("v1", "Service", "cart", {"spec": {"ports": [
	{"name": "http", "port": 80},
	{"port": 81},
]}})

test_accepts_ports_by_name_and_number if {
	every port in [{"name": "http"}, {"number": 80}, {"number": 81}] {
		assert.none(backends.deny | backends.warn) with input as examples.combined([_ingress("cart", port), _service])
	}
}

test_accepts_other_services_without_the_port if {
	named := examples.resource("v1", "Service", "web", {"spec": {"ports": [{"port": 82}]}})
	elsewhere := object.union(named, {"metadata": {"name": "cart", "namespace": "else"}})
	target := examples.combined([_ingress("cart", {"number": 80}), _service, named, elsewhere])
	assert.none(backends.deny | backends.warn) with input as target
}

test_denies_an_absent_port if {
	target := examples.combined([_ingress("cart", {"name": "web"}), _service])
	messages := {"Ingress/shop: sends requests to the undefined port web of Service cart"}
	assert.messages(backends.deny, messages) with input as target
	assert.same({found.fix | some found in backends.deny}, {"use one of its ports: http 80, 81"}) with input as target
}

test_lists_no_ports_where_the_service_has_none if {
	service := examples.resource("v1", "Service", "cart", {"spec": {}})
	found := backends.deny with input as examples.combined([_ingress("cart", {"name": "web"}), service])
	assert.same({one.fix | some one in found}, {"add the port to the Service"})
}

_absent := {"Ingress/shop: sends requests to Service web, which is not rendered"}

test_denies_an_absent_service if {
	target := examples.combined([_ingress("web", {"number": 80}), _service])
	assert.messages(backends.deny, _absent) with input as target
}

test_warns_where_no_service_is_kept if {
	target := examples.combined([_ingress("web", {"number": 80})])
	assert.messages(backends.warn, _absent) with input as target
	assert.none(backends.deny) with input as target
}
