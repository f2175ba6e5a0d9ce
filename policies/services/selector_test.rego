package rules.services.selector_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.services.selector

_service(spec) := examples.resource("v1", "Service", "cart", {"spec": spec})

_cart := _service({"selector": {"app": "cart"}})

_deployment := examples.workload("Deployment", examples.pod_spec)

_job(image) := examples.workload("Job", object.union(
	examples.pod_spec,
	{"containers": [object.union(examples.container, {"image": image})]},
))

test_accepts_one_workload if {
	assert.none(selector.deny | selector.warn) with input as examples.combined([_cart, _deployment])
}

test_accepts_a_headless_service_over_several if {
	headless := _service({"clusterIP": "None", "selector": {"app": "cart"}})
	target := examples.combined([headless, _deployment, _job("else.example/other:1")])
	assert.none(selector.deny | selector.warn) with input as target
}

test_denies_a_selector_without_pods if {
	target := examples.combined([_service({"selector": {"app": "web"}}), _deployment])
	messages := {"Service/cart: selects no pods of any workload: app=web"}
	assert.messages(selector.deny, messages) with input as target
	fixes := {found.fix | some found in selector.deny} with input as target
	assert.same(fixes, {"use the labels in the pod template of the workload; Deployment cart has app=cart"})
}

test_denies_several_workloads if {
	target := examples.combined([_cart, _deployment, _job("else.example/other:1")])
	assert.messages(selector.deny, {
		"Service/cart: selects the pods of several workloads: Deployment cart, Job cart",
	}) with input as target
	assert.none(selector.warn) with input as target
}

test_warns_of_a_canary if {
	target := examples.combined([_cart, _deployment, _job("registry.example/shop/cart:2")])
	assert.messages(selector.warn, {
		"Service/cart: splits requests between workloads with the same images: Deployment cart, Job cart",
	}) with input as target
	assert.none(selector.deny) with input as target
}

_version(name, version, image) := examples.resource("apps/v1", "Deployment", name, {"spec": {"template": {
	"metadata": {"labels": {"app": "cart", "version": version}},
	"spec": object.union(examples.pod_spec, {"containers": [object.union(examples.container, {"image": image})]}),
}}})

test_accepts_several_versions if {
	target := examples.combined([
		_cart,
		_version("cart-v1", "v1", "registry.example/shop/cart-a:1"),
		_version("cart-v2", "v2", "registry.example/shop/cart-b:1"),
	])
	assert.none(selector.deny | selector.warn) with input as target
	same := examples.combined([
		_cart,
		_version("cart-v1", "v1", "registry.example/shop/cart-a:1"),
		_version("cart-v2", "v1", "registry.example/shop/cart-b:1"),
	])
	assert.same({found.general | some found in selector.deny}, {"warn"}) with input as same
}

_account_may(verbs) := [
	examples.resource("rbac.authorization.k8s.io/v1", "Role", "cart", {"rules": [{
		"apiGroups": [""],
		"resources": ["pods"],
		"verbs": verbs,
	}]}),
	examples.resource("rbac.authorization.k8s.io/v1", "RoleBinding", "cart", {
		"roleRef": {"kind": "Role", "name": "cart"},
		"subjects": [{"kind": "ServiceAccount", "name": "cart"}],
	}),
]

test_accepts_a_label_that_a_controller_sets if {
	leader := _service({"selector": {"app": "cart", "role": "leader"}})
	target := [leader, _deployment]
	assert.none(selector.deny | selector.warn)
		with input as examples.combined(array.concat(target, _account_may(["patch"])))
	assert.size(selector.deny, 1) with input as examples.combined(array.concat(target, _account_may(["get"])))
	typing_error := [_service({"selector": {"app": "web"}}), _deployment]
	assert.size(selector.deny, 1) with input as examples.combined(array.concat(typing_error, _account_may(["patch"])))
}

test_accepts_pods_that_an_operator_creates if {
	prometheus := examples.resource("monitoring.coreos.com/v1", "Prometheus", "k8s", {"spec": {"replicas": 2}})
	web := _service({"selector": {"app": "web"}})
	assert.none(selector.deny | selector.warn) with input as examples.combined([web, _deployment, prometheus])
}

test_warns_where_nothing_runs if {
	messages := {"Service/cart: selects no pods of any workload: app=cart"}
	assert.messages(selector.warn, messages) with input as examples.combined([_cart])
	assert.none(selector.deny) with input as examples.combined([_cart])
}
