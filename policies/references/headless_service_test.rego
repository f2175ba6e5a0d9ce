package rules.references.headless_service_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.references.headless_service

_set := object.union(examples.workload("StatefulSet", examples.pod_spec), {"spec": {"serviceName": "peers"}})

_service(name, spec) := examples.resource("v1", "Service", name, {"spec": spec})

_headless := {"clusterIP": "None", "selector": {"app": "cart"}}

test_accepts_a_headless_service_over_the_pods if {
	target := examples.combined([_set, _service("peers", _headless)])
	assert.none(headless_service.deny | headless_service.warn) with input as target
}

test_accepts_other_services if {
	others := [_service("web", {}), object.union(_service("peers", {}), {"metadata": {"namespace": "else"}})]
	target := examples.combined(array.concat([_set, _service("peers", _headless)], others))
	assert.none(headless_service.deny | headless_service.warn) with input as target
}

test_warns_of_a_set_that_names_none if {
	unnamed := examples.combined([examples.workload("StatefulSet", examples.pod_spec)])
	assert.messages(headless_service.warn, {
		"StatefulSet/cart: has no serviceName, so its pods cannot be found by name",
	}) with input as unnamed
	assert.none(headless_service.deny) with input as unnamed
}

test_denies_an_absent_service if {
	assert.messages(headless_service.deny, {
		"StatefulSet/cart: refers to Service peers, which is not rendered",
	}) with input as examples.combined([_set, _service("other", _headless)])
}

test_denies_a_service_of_another_kind if {
	assert.messages(headless_service.deny, {
		"StatefulSet/cart: refers to Service peers, which is not headless",
		"StatefulSet/cart: refers to Service peers, which does not select its pods",
	}) with input as examples.combined([_set, _service("peers", {"selector": {"app": "web"}})])
}

test_warns_where_no_service_is_kept if {
	assert.messages(headless_service.warn, {
		"StatefulSet/cart: refers to Service peers, which is not rendered",
	}) with input as examples.combined([_set])
	assert.none(headless_service.deny) with input as examples.combined([_set])
}
