package rules.references.host_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.references.host

_service(name, spec) := examples.resource("v1", "Service", name, {"spec": spec})

_web := _service("web", {"ports": [{"port": 80}, {"port": 8080}]})

_config(key, value) := examples.resource("v1", "ConfigMap", "settings", {"data": {key: value}})

_with(key, value) := examples.combined([_web, _config(key, value), examples.workload("Deployment", {})])

_found := host.deny | host.warn

test_accepts_services_and_their_ports if {
	every value in [
		"http://web",
		"http://web/",
		"ws://web:8080/path?a=b",
		"http://kim:secret@web:8080",
		"jdbc:mysql://web:8080/shop",
		"amqp://web",
		"http://web.shop.svc",
		"http://web.shop.svc.cluster.local:8080",
	] {
		assert.none(_found) with input as _with("A", value)
	}
	assert.none(_found) with input as _with("DATABASE_HOST", "web")
}

test_a_service_that_is_rendered_twice_has_the_ports_of_both if {
	twice := array.concat([_service("web", {"ports": [{"port": 81}]})], [_web, _config("A", "http://web:81")])
	assert.none(_found) with input as examples.combined(twice)
	wrong := array.concat([_service("web", {"ports": [{"port": 81}]})], [_web, _config("A", "http://web:82")])
	assert.size(host.deny, 1) with input as examples.combined(wrong)
}

test_knows_every_digit if {
	sibling := object.union(_service("a2b3c-9", {"ports": [{"port": 80}]}), {"metadata": {"namespace": "2d-3e-4"}})
	target := examples.combined([sibling, _config("A", "http://a2b3c-9.2d-3e-4.svc:81")])
	assert.messages(host.deny, {
		"ConfigMap/settings: holds A, which refers to port 81 of Service a2b3c-9, which has 80",
	}) with input as target
	every name in ["2web", "w2b", "web2"] {
		assert.size(host.deny, 1) with input as _with("A", sprintf("http://%s", [name]))
	}
}

test_accepts_what_names_no_service if {
	every value in [
		"http://shop.example:99",
		"http://localhost:99",
		"https://kubernetes",
		"s3://backups",
		"file:///etc",
		"http://other.elsewhere.svc",
		"see http://other",
		"http://other is down",
		"http://192.0.2.1:99",
		"http://Other",
		"other",
	] {
		assert.none(_found) with input as _with("A", value)
	}
	every value in ["localhost", "db.example", "192.0.2.1", "0", "a b"] {
		assert.none(_found) with input as _with("DATABASE_HOST", value)
	}
	assert.none(_found) with input as _with("HOSTING", "other")
}

test_accepts_anything_where_no_service_is_made if {
	assert.none(_found) with input as examples.combined([_config("A", "http://other")])
	pod := examples.workload("Deployment", {"hostAliases": [{"ip": "192.0.2.1", "hostnames": ["other"]}]})
	assert.none(_found) with input as examples.combined([_web, pod, _config("A", "http://other")])
}

test_accepts_any_port_of_headless_services_and_names if {
	every spec in [{"clusterIP": "None", "ports": [{"port": 1}]}, {"type": "ExternalName", "ports": [{"port": 1}]}] {
		target := examples.combined([_service("web", spec), _config("A", "http://web:9")])
		assert.none(_found) with input as target
	}
}

test_denies_services_that_are_not_there if {
	every value in ["http://other:80", "redis://:secret@other", "http://other.shop.svc/"] {
		assert.messages(host.deny, {
			"ConfigMap/settings: holds A, which refers to Service other, which is not rendered in namespace shop",
		}) with input as _with("A", value)
	}
	every key in ["HOST", "DATABASE_HOST", "db_host"] {
		assert.size(host.deny, 1) with input as _with(key, "other")
	}
	assert.size(host.deny, 1) with input as _with("DATABASE_HOST", "other.shop.svc")
}

test_denies_ports_that_a_service_has_not if {
	every value, port in {"http://web:99": 99, "https://web": 443, "wss://web": 443} {
		assert.messages(host.deny, {
			sprintf("ConfigMap/settings: holds A, which refers to port %d of Service web, which has 80, 8080", [port]),
		}) with input as _with("A", value)
	}
	closed := _service("web", {"ports": [{"port": 8080}]})
	every value in ["http://web", "ws://web"] {
		assert.messages(host.deny, {
			"ConfigMap/settings: holds A, which refers to port 80 of Service web, which has 8080",
		}) with input as examples.combined([closed, _config("A", value)])
	}
}

test_denies_variables if {
	variable := object.union(examples.container, {"env": [{"name": "WEB_URL", "value": "http://other"}]})
	found := host.deny with input as examples.combined([_web, examples.workload("Pod", {"containers": [variable]})])
	assert.messages(found, {concat("", [
		"Pod/cart: container server sets WEB_URL, which refers to Service other, ",
		"which is not rendered in namespace shop",
	])})
	assert.same({each.path | some each in found}, {"/spec/containers/0/env/0/value"})
}

test_warns_where_services_may_exist_elsewhere if {
	target := examples.combined([_web, _config("A", "http://other")])
	assert.none(host.deny) with input as target
	assert.size(host.warn, 1) with input as target
}
